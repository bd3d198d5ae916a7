drop table "auth_api_keys";
