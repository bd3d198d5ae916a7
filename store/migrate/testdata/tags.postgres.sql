create table "parcels" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"tenant_id" text collate "C" not null,
	"deleted_at" timestamptz,
	"slug" text collate "C" not null,
	"owner" text collate "C" not null,
	"main" boolean not null,
	"done" boolean not null,
	"status" text collate "C" not null default 'open',
	"mood" text collate "C",
	"weight" bigint not null,
	"price" numeric not null,
	"ratio" double precision not null,
	"made_at" timestamptz not null,
	"sent_at" timestamptz,
	"day" date not null default '2026-01-02',
	"ref" uuid,
	"note" text collate "C",
	"extra" jsonb,
	"blob" bytea,
	"very_long_name_of_a_column_that_is_almost_as_long_as_postgres" text collate "C",
	primary key ("id"),
	constraint "parcels_status_check" check ("status" in ('open', 'done', 'lost')),
	constraint "parcels_mood_check" check ("mood" in ('it''s', '', 'naïve', 'a, b | c', '"x"', 'back\slash')),
	constraint "parcels_very_long_name_of_a_column_that_is_almost_as_l_2595f43b" check ("very_long_name_of_a_column_that_is_almost_as_long_as_postgres" in ('a', 'b')),
	constraint "parcels_made_at_sent_at_check" check ("sent_at" >= "made_at" or "sent_at" is null),
	constraint "parcels_status_note_check" check ("note" is not null or "status" <> 'lost'),
	constraint "parcels_weight_check" check ("weight" >= -5 and "weight" <= 500),
	constraint "parcels_price_check" check ("price" > -0.50),
	constraint "parcels_ratio_check" check ("ratio" <> 1e-07 and "ratio" < -2.5 or "ratio" >= 0),
	constraint "parcels_made_at_check" check ("made_at" > '2020-01-01T00:00:00.000000+00:00'),
	constraint "parcels_day_check" check ("day" in ('2026-01-02', '2026-01-03')),
	constraint "parcels_ref_check" check ("ref" <> '00000000-0000-0000-0000-000000000000'),
	constraint "parcels_note_check" check ("note" < 'zz' and ("note" <> '' or "note" is null)),
	constraint "parcels_extra_blob_check" check ("extra" is not null or "blob" is null)
);
create unique index "parcels_tenant_id_slug_key" on "parcels" ("tenant_id", "slug") where "deleted_at" is null;
create index "parcels_owner_weight_idx" on "parcels" ("owner", "weight");
create index "parcels_owner_where_done_weight_idx" on "parcels" ("owner") where "done" = false and "weight" > 3;
create unique index "parcels_owner_where_main_key" on "parcels" ("owner") where "deleted_at" is null and "main" = true;
create index "parcels_owner_idx" on "parcels" ("owner");
create index "parcels_made_at_where_made_at_idx" on "parcels" ("made_at") where "made_at" > '2021-05-06T05:08:09.123456+00:00';
create index "parcels_very_long_name_of_a_column_that_is_almost_as_l_41ffe8bc" on "parcels" ("very_long_name_of_a_column_that_is_almost_as_long_as_postgres");
create index "parcels_tenant_id_id_idx" on "parcels" ("tenant_id", "id");
