alter table "auth_factors" add column "phone" TEXT;
