create table "notes" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"owner_id" uuid not null,
	"title" text collate "C" not null,
	"body" text collate "C" not null,
	primary key ("id")
);
create index "notes_owner_id_idx" on "notes" ("owner_id", "id");
