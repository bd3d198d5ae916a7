alter table "auth_sessions" add column "network" text collate "C" not null default '';
update "auth_sessions" set "network" = "address";
drop index "auth_sessions_user_id_idx";
create index "auth_sessions_user_id_network_idx" on "auth_sessions" ("user_id", "network");
