create table "auth_api_keys" (
	"id" uuid not null,
	"hash" bytea not null,
	"prefix" text collate "C" not null,
	"user_id" uuid,
	"name" text collate "C" not null,
	"scopes" jsonb not null,
	"created_at" timestamptz not null,
	"expires_at" timestamptz,
	"last_used_at" timestamptz,
	"ended_at" timestamptz,
	"ended_by" text collate "C",
	primary key ("id")
);
create unique index "auth_api_keys_hash_key" on "auth_api_keys" ("hash");
create index "auth_api_keys_user_id_idx" on "auth_api_keys" ("user_id");
