create table "auth_roles" (
	"name" TEXT not null,
	"description" TEXT not null,
	"permissions" TEXT not null,
	"rev" INTEGER not null,
	"created_at" TEXT not null,
	"updated_at" TEXT not null,
	primary key ("name")
);
create table "auth_user_roles" (
	"user_id" TEXT not null,
	"role" TEXT not null,
	primary key ("user_id", "role"),
	constraint "auth_user_roles_role_fkey" foreign key ("role") references "auth_roles" ("name")
);
create index "auth_user_roles_role_idx" on "auth_user_roles" ("role");
alter table "auth_users" add column "rev" INTEGER not null default 0;
alter table "auth_revocations" add column "role" TEXT;
