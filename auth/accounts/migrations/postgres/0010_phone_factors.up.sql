alter table "auth_factors" add column "phone" text collate "C";
