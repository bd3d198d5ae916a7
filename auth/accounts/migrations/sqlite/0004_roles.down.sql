alter table "auth_revocations" drop column "role";
alter table "auth_users" drop column "rev";
drop table "auth_user_roles";
drop table "auth_roles";
