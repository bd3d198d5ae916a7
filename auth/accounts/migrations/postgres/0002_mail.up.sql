create table "auth_mails" (
	"id" uuid not null,
	"sealed" bytea not null,
	"created_at" timestamptz not null,
	"expires_at" timestamptz not null,
	"due_at" timestamptz not null,
	"attempts" bigint not null,
	primary key ("id")
);
create table "auth_mail_times" (
	"subject" text collate "C" not null,
	"sent_at" timestamptz not null,
	primary key ("subject")
);
create index "auth_mails_due_at_idx" on "auth_mails" ("due_at");
create index "auth_mail_times_sent_at_idx" on "auth_mail_times" ("sent_at");
alter table "auth_users" add column "email_change_half" text collate "C";
create index "auth_users_new_email_idx" on "auth_users" ("new_email");
