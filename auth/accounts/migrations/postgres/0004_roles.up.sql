create table "auth_roles" (
	"name" text collate "C" not null,
	"description" text collate "C" not null,
	"permissions" jsonb not null,
	"rev" bigint not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	primary key ("name")
);
create table "auth_user_roles" (
	"user_id" uuid not null,
	"role" text collate "C" not null,
	primary key ("user_id", "role"),
	constraint "auth_user_roles_role_fkey" foreign key ("role") references "auth_roles" ("name")
);
create index "auth_user_roles_role_idx" on "auth_user_roles" ("role");
alter table "auth_users" add column "rev" bigint not null default 0;
alter table "auth_revocations" add column "role" text collate "C";
