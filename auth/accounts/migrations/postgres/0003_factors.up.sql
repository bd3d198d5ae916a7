create table "auth_factors" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"user_id" uuid not null,
	"type" text collate "C" not null,
	"friendly_name" text collate "C" not null,
	"status" text collate "C" not null,
	"waits_until" timestamptz,
	"sealed" bytea,
	"last_step" bigint not null,
	"credential_id" bytea,
	"credential" jsonb,
	"last_challenged_at" timestamptz,
	"last_used_at" timestamptz,
	primary key ("id")
);
create unique index "auth_factors_user_id_friendly_name_key" on "auth_factors" ("user_id", "friendly_name");
create unique index "auth_factors_credential_id_key" on "auth_factors" ("credential_id");
alter table "auth_sessions" add column "factor_id" uuid;
