create index "auth_sessions_open_idx" on "auth_sessions" ("user_id") where "ended_at" is null;
alter table "auth_revocations" add column "sessions" text[] not null default '{}';
