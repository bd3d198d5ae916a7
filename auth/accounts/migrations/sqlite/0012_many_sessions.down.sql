alter table "auth_revocations" drop column "sessions";
drop index "auth_sessions_open_idx";
