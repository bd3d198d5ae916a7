create table "auth_failures" (
	"key" text collate "C" not null,
	"count" bigint not null,
	"since" timestamptz not null,
	"expires_at" timestamptz not null,
	primary key ("key")
);
create index "auth_failures_expires_at_idx" on "auth_failures" ("expires_at");
