create table "feed_items" (
	"person_id" uuid not null,
	"post_id" uuid not null,
	"created_at" timestamptz not null,
	primary key ("person_id", "post_id"),
	constraint "feed_items_person_id_fkey" foreign key ("person_id") references "people" ("id") on delete restrict,
	constraint "feed_items_post_id_fkey" foreign key ("post_id") references "posts" ("id") on delete restrict
);
create index "feed_items_person_id_created_at_post_id_idx" on "feed_items" ("person_id", "created_at", "post_id");
create index "feed_items_post_id_idx" on "feed_items" ("post_id");
