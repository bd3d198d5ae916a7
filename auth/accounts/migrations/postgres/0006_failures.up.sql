create table "auth_failures" (
	"key" text collate "C" not null,
	"count" bigint not null,
	"since" timestamptz not null,
	"expires_at" timestamptz not null,
	primary key ("key")
);
create index "auth_failures_expires_at_idx" on "auth_failures" ("expires_at");
create index "auth_sessions_ended_at_idx" on "auth_sessions" ("ended_at");
create index "auth_sessions_expires_at_idx" on "auth_sessions" ("expires_at");
create index "auth_events_at_idx" on "auth_events" ("at");
create index "auth_factors_waits_until_idx" on "auth_factors" ("waits_until");
