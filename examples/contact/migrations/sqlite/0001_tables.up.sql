create table "members" (
	"id" TEXT not null,
	"created_at" TEXT not null,
	"updated_at" TEXT not null,
	"version" INTEGER not null,
	"name" TEXT not null,
	"email" TEXT not null,
	primary key ("id")
);
create table "messages" (
	"id" TEXT not null,
	"created_at" TEXT not null,
	"updated_at" TEXT not null,
	"version" INTEGER not null,
	"name" TEXT not null,
	"email" TEXT not null,
	"subject" TEXT not null,
	"body" TEXT not null,
	"state" TEXT not null,
	"token_hash" TEXT not null,
	"assignee_id" TEXT,
	primary key ("id"),
	constraint "messages_state_check" check ("state" in ('open', 'answered', 'spam')),
	constraint "messages_assignee_id_fkey" foreign key ("assignee_id") references "members" ("id") on delete restrict
);
create table "entries" (
	"id" TEXT not null,
	"created_at" TEXT not null,
	"updated_at" TEXT not null,
	"version" INTEGER not null,
	"message_id" TEXT not null,
	"author_id" TEXT not null,
	"reply" INTEGER not null,
	"body" TEXT not null,
	primary key ("id"),
	constraint "entries_author_id_fkey" foreign key ("author_id") references "members" ("id") on delete restrict,
	constraint "entries_message_id_fkey" foreign key ("message_id") references "messages" ("id") on delete restrict
);
create table "mails" (
	"id" TEXT not null,
	"created_at" TEXT not null,
	"updated_at" TEXT not null,
	"version" INTEGER not null,
	"message_id" TEXT not null,
	"recipient" TEXT not null,
	"kind" TEXT not null,
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
