create table "auth_factors" (
	"id" TEXT not null,
	"created_at" TEXT not null,
	"updated_at" TEXT not null,
	"version" INTEGER not null,
	"user_id" TEXT not null,
	"type" TEXT not null,
	"friendly_name" TEXT not null,
	"status" TEXT not null,
	"waits_until" TEXT,
	"sealed" BLOB,
	"last_step" INTEGER not null,
	"credential_id" BLOB,
	"credential" TEXT,
	"last_challenged_at" TEXT,
	"last_used_at" TEXT,
	primary key ("id")
);
create unique index "auth_factors_user_id_friendly_name_key" on "auth_factors" ("user_id", "friendly_name");
create unique index "auth_factors_credential_id_key" on "auth_factors" ("credential_id");
alter table "auth_sessions" add column "factor_id" TEXT;
