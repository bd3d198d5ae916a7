drop index "auth_users_created_at_idx";
