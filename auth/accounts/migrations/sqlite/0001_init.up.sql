create table "auth_users" (
	"id" TEXT not null,
	"created_at" TEXT not null,
	"updated_at" TEXT not null,
	"version" INTEGER not null,
	"email" TEXT,
	"email_confirmed_at" TEXT,
	"new_email" TEXT,
	"phone" TEXT,
	"phone_confirmed_at" TEXT,
	"new_phone" TEXT,
	"password_hash" TEXT,
	"password_changed_at" TEXT,
	"role" TEXT not null,
	"app_metadata" TEXT not null,
	"user_metadata" TEXT not null,
	"is_anonymous" INTEGER not null,
	"banned_until" TEXT,
	"removed_at" TEXT,
	"invited_at" TEXT,
	"last_sign_in_at" TEXT,
	"confirmation_sent_at" TEXT,
	"recovery_sent_at" TEXT,
	"email_change_sent_at" TEXT,
	"phone_change_sent_at" TEXT,
	"reauthentication_sent_at" TEXT,
	primary key ("id")
);
create table "auth_identities" (
	"id" TEXT not null,
	"created_at" TEXT not null,
	"updated_at" TEXT not null,
	"version" INTEGER not null,
	"user_id" TEXT not null,
	"provider" TEXT not null,
	"subject" TEXT not null,
	"data" TEXT not null,
	"email" TEXT,
	"last_sign_in_at" TEXT,
	primary key ("id")
);
create table "auth_sessions" (
	"id" TEXT not null,
	"created_at" TEXT not null,
	"updated_at" TEXT not null,
	"version" INTEGER not null,
	"user_id" TEXT not null,
	"aal" INTEGER not null,
	"methods" TEXT not null,
	"counter" INTEGER not null,
	"refreshed_at" TEXT not null,
	"expires_at" TEXT not null,
	"ended_at" TEXT,
	"ended_by" TEXT,
	"user_agent" TEXT not null,
	"address" TEXT not null,
	primary key ("id")
);
create table "auth_revocations" (
	"id" INTEGER PRIMARY KEY AUTOINCREMENT,
	"session_id" TEXT,
	"user_id" TEXT not null,
	"at" TEXT not null
);
create table "auth_signing_keys" (
	"generation" INTEGER not null,
	"key_id" TEXT not null,
	"sealed" BLOB not null,
	"created_at" TEXT not null,
	"signs_from" TEXT not null,
	"signs_until" TEXT not null,
	primary key ("generation")
);
create table "auth_events" (
	"id" TEXT not null,
	"at" TEXT not null,
	"kind" TEXT not null,
	"user_id" TEXT,
	"session_id" TEXT,
	"actor" TEXT not null,
	"address" TEXT not null,
	"user_agent" TEXT not null,
	"details" TEXT not null,
	primary key ("id")
);
create table "auth_codes" (
	"id" TEXT not null,
	"kind" TEXT not null,
	"user_id" TEXT,
	"hash" BLOB not null,
	"short_hash" BLOB not null,
	"data" TEXT not null,
	"created_at" TEXT not null,
	"expires_at" TEXT not null,
	"used_at" TEXT,
	primary key ("id")
);
create unique index "auth_users_email_key" on "auth_users" ("email");
create unique index "auth_users_phone_key" on "auth_users" ("phone");
create unique index "auth_identities_provider_subject_key" on "auth_identities" ("provider", "subject");
create unique index "auth_signing_keys_key_id_key" on "auth_signing_keys" ("key_id");
create index "auth_identities_user_id_idx" on "auth_identities" ("user_id");
create index "auth_sessions_user_id_idx" on "auth_sessions" ("user_id");
create index "auth_revocations_at_idx" on "auth_revocations" ("at");
create index "auth_events_user_id_idx" on "auth_events" ("user_id", "at");
create unique index "auth_codes_hash_key" on "auth_codes" ("hash");
create index "auth_codes_user_id_idx" on "auth_codes" ("user_id");
create index "auth_codes_expires_at_idx" on "auth_codes" ("expires_at");
