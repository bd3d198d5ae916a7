alter table "auth_sessions" drop column "code_id";
