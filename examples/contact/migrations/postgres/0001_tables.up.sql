create table "members" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"name" text collate "C" not null,
	"email" text collate "C" not null,
	primary key ("id")
);
create table "messages" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"name" text collate "C" not null,
	"email" text collate "C" not null,
	"subject" text collate "C" not null,
	"body" text collate "C" not null,
	"state" text collate "C" not null,
	"token_hash" text collate "C" not null,
	"assignee_id" uuid,
	primary key ("id"),
	constraint "messages_state_check" check ("state" in ('open', 'answered', 'spam')),
	constraint "messages_assignee_id_fkey" foreign key ("assignee_id") references "members" ("id") on delete restrict
);
create table "entries" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"message_id" uuid not null,
	"author_id" uuid not null,
	"reply" boolean not null,
	"body" text collate "C" not null,
	primary key ("id"),
	constraint "entries_author_id_fkey" foreign key ("author_id") references "members" ("id") on delete restrict,
	constraint "entries_message_id_fkey" foreign key ("message_id") references "messages" ("id") on delete restrict
);
create table "mails" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"message_id" uuid not null,
	"recipient" text collate "C" not null,
	"kind" text collate "C" not null,
	primary key ("id"),
	constraint "mails_message_id_fkey" foreign key ("message_id") references "messages" ("id") on delete restrict
);
create unique index "members_email_key" on "members" ("email");
create unique index "messages_token_hash_key" on "messages" ("token_hash");
create index "messages_created_at_idx" on "messages" ("created_at");
create index "messages_state_created_at_idx" on "messages" ("state", "created_at");
create index "messages_assignee_id_idx" on "messages" ("assignee_id");
create index "entries_author_id_idx" on "entries" ("author_id");
create index "entries_message_id_idx" on "entries" ("message_id");
create index "mails_created_at_idx" on "mails" ("created_at");
create index "mails_message_id_idx" on "mails" ("message_id");
