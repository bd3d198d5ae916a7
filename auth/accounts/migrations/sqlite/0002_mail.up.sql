create table "auth_mails" (
	"id" TEXT not null,
	"sealed" BLOB not null,
	"created_at" TEXT not null,
	"expires_at" TEXT not null,
	"due_at" TEXT not null,
	"attempts" INTEGER not null,
	primary key ("id")
);
create table "auth_mail_times" (
	"subject" TEXT not null,
	"sent_at" TEXT not null,
	primary key ("subject")
);
create index "auth_mails_due_at_idx" on "auth_mails" ("due_at");
create index "auth_mail_times_sent_at_idx" on "auth_mail_times" ("sent_at");
alter table "auth_users" add column "email_change_half" TEXT;
create index "auth_users_new_email_idx" on "auth_users" ("new_email");
