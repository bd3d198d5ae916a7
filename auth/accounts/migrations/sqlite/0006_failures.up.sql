create table "auth_failures" (
	"key" TEXT not null,
	"count" INTEGER not null,
	"since" TEXT not null,
	"expires_at" TEXT not null,
	primary key ("key")
);
create index "auth_failures_expires_at_idx" on "auth_failures" ("expires_at");
