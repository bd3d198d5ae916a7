create table "auth_api_keys" (
	"id" TEXT not null,
	"hash" BLOB not null,
	"prefix" TEXT not null,
	"user_id" TEXT,
	"name" TEXT not null,
	"scopes" TEXT not null,
	"created_at" TEXT not null,
	"expires_at" TEXT,
	"last_used_at" TEXT,
	"ended_at" TEXT,
	"ended_by" TEXT,
	primary key ("id")
);
create unique index "auth_api_keys_hash_key" on "auth_api_keys" ("hash");
create index "auth_api_keys_user_id_idx" on "auth_api_keys" ("user_id");
