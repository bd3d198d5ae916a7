create table "gauges" (
	"id" INTEGER PRIMARY KEY AUTOINCREMENT,
	"label" TEXT not null,
	"active" INTEGER not null,
	"count" INTEGER not null,
	"small" INTEGER not null,
	"ratio" REAL not null,
	"price" TEXT COLLATE pl_decimal not null,
	"seen_at" TEXT not null,
	"day" TEXT not null,
	"ref" TEXT not null,
	"blob" BLOB not null,
	"extra" TEXT not null,
	"tags" TEXT not null,
	"plain" TEXT not null,
	"maybes" TEXT,
	"maybeb" INTEGER,
	"maybei" INTEGER,
	"maybef" REAL,
	"maybep" TEXT COLLATE pl_decimal,
	"maybet" TEXT,
	"maybed" TEXT,
	"maybeu" TEXT,
	"zeroed" TEXT,
	"zeroedt" TEXT
);
create table "presets" (
	"code" TEXT not null,
	"name" TEXT not null default 'it''s (new)',
	"open" INTEGER not null default true,
	"rank" INTEGER not null default -7,
	"ratio" REAL not null default 0.5,
	"price" TEXT COLLATE pl_decimal not null default '9.50',
	"made_at" TEXT not null default (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')),
	"since" TEXT not null default '2026-01-02T03:04:05.000000+00:00',
	"day" TEXT not null default '2026-01-02',
	"extra" TEXT not null default '{}',
	"raw" BLOB not null default x'dead',
	"tags" TEXT not null default '[]',
	primary key ("code")
);
create table "settings" (
	"scope" TEXT not null,
	"number" INTEGER not null,
	"preset_code" TEXT not null,
	"gauge_id" INTEGER not null,
	"owner" TEXT not null,
	primary key ("scope", "number"),
	constraint "settings_gauge_id_fkey" foreign key ("gauge_id") references "gauges" ("id") on delete restrict,
	constraint "settings_preset_code_fkey" foreign key ("preset_code") references "presets" ("code") on delete restrict
);
create table "teams" (
	"id" TEXT not null,
	"created_at" TEXT not null,
	"updated_at" TEXT not null,
	"version" INTEGER not null,
	"deleted_at" TEXT,
	"tenant_id" TEXT not null,
	"slug" TEXT not null,
	"region" TEXT not null,
	"number" INTEGER not null,
	"lead_id" TEXT,
	primary key ("id"),
	constraint "teams_lead_id_fkey" foreign key ("lead_id") references "people" ("id") on delete restrict
);
create table "people" (
	"id" TEXT not null,
	"created_at" TEXT not null,
	"updated_at" TEXT not null,
	"version" INTEGER not null,
	"email" TEXT not null,
	"team_id" TEXT,
	"parent_id" TEXT,
	primary key ("id"),
	constraint "people_parent_id_fkey" foreign key ("parent_id") references "people" ("id") on delete restrict,
	constraint "people_team_id_fkey" foreign key ("team_id") references "teams" ("id") on delete restrict
);
create table "team_people" (
	"team_id" TEXT not null,
	"person_id" TEXT not null,
	primary key ("team_id", "person_id"),
	constraint "team_people_person_id_fkey" foreign key ("person_id") references "people" ("id") on delete restrict,
	constraint "team_people_team_id_fkey" foreign key ("team_id") references "teams" ("id") on delete restrict
);
create index "settings_gauge_id_idx" on "settings" ("gauge_id");
create index "settings_preset_code_idx" on "settings" ("preset_code");
create unique index "teams_slug_key" on "teams" ("slug") where "deleted_at" is null;
create unique index "teams_region_number_key" on "teams" ("region", "number") where "deleted_at" is null;
create index "teams_tenant_id_id_idx" on "teams" ("tenant_id", "id");
create index "teams_lead_id_idx" on "teams" ("lead_id");
create unique index "people_email_key" on "people" ("email");
create index "people_parent_id_idx" on "people" ("parent_id");
create index "people_team_id_idx" on "people" ("team_id");
create index "team_people_person_id_idx" on "team_people" ("person_id");
