drop index "auth_factors_waits_until_idx";
drop index "auth_events_at_idx";
drop index "auth_sessions_expires_at_idx";
drop index "auth_sessions_ended_at_idx";
drop table "auth_failures";
