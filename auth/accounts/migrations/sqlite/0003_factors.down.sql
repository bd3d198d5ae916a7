alter table "auth_sessions" drop column "factor_id";
drop table "auth_factors";
