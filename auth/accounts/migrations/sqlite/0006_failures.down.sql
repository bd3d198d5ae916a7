drop table "auth_failures";
