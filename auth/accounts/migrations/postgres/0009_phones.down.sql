drop index "auth_users_new_phone_idx";
