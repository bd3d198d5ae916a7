drop table "auth_codes";
drop table "auth_events";
drop table "auth_signing_keys";
drop table "auth_revocations";
drop table "auth_sessions";
drop table "auth_identities";
drop table "auth_users";
