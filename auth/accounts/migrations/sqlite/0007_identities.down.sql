drop index "auth_identities_provider_issuer_subject_key";
create unique index "auth_identities_provider_subject_key" on "auth_identities" ("provider", "subject");
alter table "auth_identities" drop column "issuer";
