create index "auth_users_created_at_idx" on "auth_users" ("created_at");
