alter table "auth_factors" drop column "phone";
