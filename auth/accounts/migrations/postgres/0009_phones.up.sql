create index "auth_users_new_phone_idx" on "auth_users" ("new_phone");
