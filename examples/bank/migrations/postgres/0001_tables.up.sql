-- The output of "bank migrate diff". The key of entries.transfer_id is deferred by hand, because
-- the entries of a transfer are inserted before it.
create table "customers" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"name" text collate "C" not null,
	"email" text collate "C" not null,
	"daily_limit" bigint not null,
	primary key ("id"),
	constraint "customers_daily_limit_check" check ("daily_limit" >= 0)
);
create table "accounts" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"owner_id" uuid,
	"holder" text collate "C" not null,
	"name" text collate "C" not null,
	"number" text collate "C" not null,
	"lowest" bigint not null,
	"balance" bigint not null,
	"entries" bigint not null,
	primary key ("id"),
	constraint "accounts_lowest_balance_check" check ("balance" >= "lowest"),
	constraint "accounts_owner_id_fkey" foreign key ("owner_id") references "customers" ("id") on delete restrict
);
create table "transfers" (
	"id" uuid not null,
	"booked_at" timestamptz not null,
	"by_id" uuid not null,
	"key" text collate "C" not null,
	"from_id" uuid not null,
	"to_id" uuid not null,
	"amount" bigint not null,
	"reference" text collate "C" not null,
	"reverses_id" uuid,
	primary key ("id"),
	constraint "transfers_from_id_to_id_check" check ("from_id" <> "to_id"),
	constraint "transfers_amount_check" check ("amount" > 0),
	constraint "transfers_from_id_fkey" foreign key ("from_id") references "accounts" ("id") on delete restrict,
	constraint "transfers_reverses_id_fkey" foreign key ("reverses_id") references "transfers" ("id") on delete restrict,
	constraint "transfers_to_id_fkey" foreign key ("to_id") references "accounts" ("id") on delete restrict
);
create table "entries" (
	"id" uuid not null,
	"transfer_id" uuid not null,
	"account_id" uuid not null,
	"line" bigint not null,
	"booked_at" timestamptz not null,
	"amount" bigint not null,
	"balance" bigint not null,
	"counterparty" text collate "C" not null,
	"other_number" text collate "C" not null,
	"reference" text collate "C" not null,
	primary key ("id"),
	constraint "entries_account_id_fkey" foreign key ("account_id") references "accounts" ("id") on delete restrict,
	constraint "entries_transfer_id_fkey" foreign key ("transfer_id") references "transfers" ("id") deferrable initially deferred
);
create table "payees" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"owner_id" uuid not null,
	"name" text collate "C" not null,
	"number" text collate "C" not null,
	primary key ("id")
);
create table "schedules" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"owner_id" uuid not null,
	"key" text collate "C" not null,
	"from_id" uuid not null,
	"to_id" uuid not null,
	"amount" bigint not null,
	"reference" text collate "C" not null,
	"every" text collate "C" not null,
	"first_on" date not null,
	"next_on" date not null,
	"done" boolean not null,
	"problem" text collate "C" not null,
	primary key ("id"),
	constraint "schedules_every_check" check ("every" in ('once', 'week', 'month')),
	constraint "schedules_amount_check" check ("amount" > 0),
	constraint "schedules_from_id_fkey" foreign key ("from_id") references "accounts" ("id") on delete restrict,
	constraint "schedules_to_id_fkey" foreign key ("to_id") references "accounts" ("id") on delete restrict
);
create table "audit_events" (
	"id" uuid not null,
	"at" timestamptz not null,
	"actor" text collate "C" not null,
	"action" text collate "C" not null,
	"text" text collate "C" not null,
	primary key ("id")
);
create unique index "customers_email_key" on "customers" ("email");
create unique index "accounts_number_key" on "accounts" ("number");
create index "accounts_owner_id_idx" on "accounts" ("owner_id");
create unique index "transfers_by_id_key_key" on "transfers" ("by_id", "key");
create unique index "transfers_reverses_id_key" on "transfers" ("reverses_id");
create index "transfers_by_id_booked_at_idx" on "transfers" ("by_id", "booked_at");
create index "transfers_from_id_idx" on "transfers" ("from_id");
create index "transfers_to_id_idx" on "transfers" ("to_id");
create unique index "entries_transfer_id_account_id_key" on "entries" ("transfer_id", "account_id");
create unique index "entries_account_id_line_key" on "entries" ("account_id", "line");
create unique index "payees_owner_id_number_key" on "payees" ("owner_id", "number");
create unique index "schedules_owner_id_key_key" on "schedules" ("owner_id", "key");
create index "schedules_from_id_idx" on "schedules" ("from_id");
create index "schedules_to_id_idx" on "schedules" ("to_id");
