alter table "auth_sessions" add column "code_id" TEXT;
