drop index "auth_sessions_user_id_network_idx";
create index "auth_sessions_user_id_idx" on "auth_sessions" ("user_id");
alter table "auth_sessions" drop column "network";
