create table "notes" (
	"id" text not null,
	"created_at" text not null,
	"updated_at" text not null,
	"version" integer not null,
	"owner_id" text not null,
	"title" text not null,
	"body" text not null,
	primary key ("id")
);
create index "notes_owner_id_idx" on "notes" ("owner_id", "id");
