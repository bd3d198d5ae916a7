create table "people" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"handle" text collate "C" not null,
	"name" text collate "C" not null,
	"bio" text collate "C" not null,
	"posts" bigint not null,
	"followers" bigint not null,
	"following" bigint not null,
	primary key ("id")
);
create table "posts" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"author_id" uuid not null,
	"body" text collate "C" not null,
	"likes" bigint not null,
	"comments" bigint not null,
	primary key ("id"),
	constraint "posts_author_id_fkey" foreign key ("author_id") references "people" ("id") on delete restrict
);
create table "likes" (
	"post_id" uuid not null,
	"person_id" uuid not null,
	"created_at" timestamptz not null,
	primary key ("post_id", "person_id"),
	constraint "likes_person_id_fkey" foreign key ("person_id") references "people" ("id") on delete restrict,
	constraint "likes_post_id_fkey" foreign key ("post_id") references "posts" ("id") on delete restrict
);
create table "blocks" (
	"blocker_id" uuid not null,
	"blocked_id" uuid not null,
	"created_at" timestamptz not null,
	primary key ("blocker_id", "blocked_id"),
	constraint "blocks_blocker_id_blocked_id_check" check ("blocker_id" <> "blocked_id"),
	constraint "blocks_blocked_id_fkey" foreign key ("blocked_id") references "people" ("id") on delete restrict,
	constraint "blocks_blocker_id_fkey" foreign key ("blocker_id") references "people" ("id") on delete restrict
);
create table "follows" (
	"follower_id" uuid not null,
	"followed_id" uuid not null,
	"created_at" timestamptz not null,
	primary key ("follower_id", "followed_id"),
	constraint "follows_follower_id_followed_id_check" check ("follower_id" <> "followed_id"),
	constraint "follows_followed_id_fkey" foreign key ("followed_id") references "people" ("id") on delete restrict,
	constraint "follows_follower_id_fkey" foreign key ("follower_id") references "people" ("id") on delete restrict
);
create table "comments" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"post_id" uuid not null,
	"author_id" uuid not null,
	"parent_id" uuid,
	"root_id" uuid,
	"body" text collate "C" not null,
	primary key ("id"),
	constraint "comments_author_id_fkey" foreign key ("author_id") references "people" ("id") on delete restrict,
	constraint "comments_parent_id_fkey" foreign key ("parent_id") references "comments" ("id") on delete restrict,
	constraint "comments_post_id_fkey" foreign key ("post_id") references "posts" ("id") on delete restrict,
	constraint "comments_root_id_fkey" foreign key ("root_id") references "comments" ("id") on delete restrict
);
create table "notifications" (
	"id" uuid not null,
	"created_at" timestamptz not null,
	"updated_at" timestamptz not null,
	"version" bigint not null,
	"person_id" uuid not null,
	"actor_id" uuid not null,
	"kind" text collate "C" not null,
	"post_id" uuid,
	"comment_id" uuid,
	"seen" boolean not null,
	primary key ("id"),
	constraint "notifications_kind_check" check ("kind" in ('follow', 'like', 'comment', 'reply', 'mention')),
	constraint "notifications_actor_id_fkey" foreign key ("actor_id") references "people" ("id") on delete restrict,
	constraint "notifications_comment_id_fkey" foreign key ("comment_id") references "comments" ("id") on delete restrict,
	constraint "notifications_person_id_fkey" foreign key ("person_id") references "people" ("id") on delete restrict,
	constraint "notifications_post_id_fkey" foreign key ("post_id") references "posts" ("id") on delete restrict
);
create table "inboxes" (
	"id" uuid not null,
	"unread" bigint not null,
	primary key ("id"),
	constraint "inboxes_unread_check" check ("unread" >= 0),
	constraint "inboxes_id_fkey" foreign key ("id") references "people" ("id") on delete restrict
);
create unique index "people_handle_key" on "people" ("handle");
create function plinth_search(text) returns tsvector language plpgsql immutable strict parallel safe as $plinth$
begin
	return pg_catalog.array_to_tsvector(array(
		select pg_catalog.left(w, 100)
		from pg_catalog.regexp_split_to_table(
			pg_catalog.translate(pg_catalog.lower(pg_catalog.left($1, 100000) collate "default"), 'ς', 'σ') collate "C",
			'[\U00000001-\U0000002F\U0000003A-\U00000040\U0000005B-\U00000060\U0000007B-\U000000A9\U000000AB-\U000000B1\U000000B4\U000000B6-\U000000B8\U000000BB\U000000BF\U000000D7\U000000F7\U000002C2-\U000002C5\U000002D2-\U000002DF\U000002E5-\U000002EB\U000002ED\U000002EF-\U000002FF\U00000375\U0000037E\U00000384-\U00000385\U00000387\U000003F6\U00000482\U0000055A-\U0000055F\U00000589-\U0000058A\U0000058D-\U0000058F\U000005BE\U000005C0\U000005C3\U000005C6\U000005F3-\U000005F4\U00000600-\U0000060F\U0000061B-\U0000061F\U0000066A-\U0000066D\U000006D4\U000006DD-\U000006DE\U000006E9\U000006FD-\U000006FE\U00000700-\U0000070D\U0000070F\U000007F6-\U000007F9\U000007FE-\U000007FF\U00000830-\U0000083E\U0000085E\U00000888\U00000890-\U00000891\U000008E2\U00000964-\U00000965\U00000970\U000009F2-\U000009F3\U000009FA-\U000009FB\U000009FD\U00000A76\U00000AF0-\U00000AF1\U00000B70\U00000BF3-\U00000BFA\U00000C77\U00000C7F\U00000C84\U00000D4F\U00000D79\U00000DF4\U00000E3F\U00000E4F\U00000E5A-\U00000E5B\U00000F01-\U00000F17\U00000F1A-\U00000F1F\U00000F34\U00000F36\U00000F38\U00000F3A-\U00000F3D\U00000F85\U00000FBE-\U00000FC5\U00000FC7-\U00000FCC\U00000FCE-\U00000FDA\U0000104A-\U0000104F\U0000109E-\U0000109F\U000010FB\U00001360-\U00001368\U00001390-\U00001399\U00001400\U0000166D-\U0000166E\U00001680\U0000169B-\U0000169C\U000016EB-\U000016ED\U00001735-\U00001736\U000017D4-\U000017D6\U000017D8-\U000017DB\U00001800-\U0000180A\U0000180E\U00001940\U00001944-\U00001945\U000019DE-\U000019FF\U00001A1E-\U00001A1F\U00001AA0-\U00001AA6\U00001AA8-\U00001AAD\U00001B5A-\U00001B6A\U00001B74-\U00001B7E\U00001BFC-\U00001BFF\U00001C3B-\U00001C3F\U00001C7E-\U00001C7F\U00001CC0-\U00001CC7\U00001CD3\U00001FBD\U00001FBF-\U00001FC1\U00001FCD-\U00001FCF\U00001FDD-\U00001FDF\U00001FED-\U00001FEF\U00001FFD-\U00001FFE\U00002000-\U00002064\U00002066-\U0000206F\U0000207A-\U0000207E\U0000208A-\U0000208E\U000020A0-\U000020C0\U00002100-\U00002101\U00002103-\U00002106\U00002108-\U00002109\U00002114\U00002116-\U00002118\U0000211E-\U00002123\U00002125\U00002127\U00002129\U0000212E\U0000213A-\U0000213B\U00002140-\U00002144\U0000214A-\U0000214D\U0000214F\U0000218A-\U0000218B\U00002190-\U00002426\U00002440-\U0000244A\U0000249C-\U000024E9\U00002500-\U00002775\U00002794-\U00002B73\U00002B76-\U00002B95\U00002B97-\U00002BFF\U00002CE5-\U00002CEA\U00002CF9-\U00002CFC\U00002CFE-\U00002CFF\U00002D70\U00002E00-\U00002E2E\U00002E30-\U00002E5D\U00002E80-\U00002E99\U00002E9B-\U00002EF3\U00002F00-\U00002FD5\U00002FF0-\U00002FFB\U00003000-\U00003004\U00003008-\U00003020\U00003030\U00003036-\U00003037\U0000303D-\U0000303F\U0000309B-\U0000309C\U000030A0\U000030FB\U00003190-\U00003191\U00003196-\U0000319F\U000031C0-\U000031E3\U00003200-\U0000321E\U0000322A-\U00003247\U00003250\U00003260-\U0000327F\U0000328A-\U000032B0\U000032C0-\U000033FF\U00004DC0-\U00004DFF\U0000A490-\U0000A4C6\U0000A4FE-\U0000A4FF\U0000A60D-\U0000A60F\U0000A673\U0000A67E\U0000A6F2-\U0000A6F7\U0000A700-\U0000A716\U0000A720-\U0000A721\U0000A789-\U0000A78A\U0000A828-\U0000A82B\U0000A836-\U0000A839\U0000A874-\U0000A877\U0000A8CE-\U0000A8CF\U0000A8F8-\U0000A8FA\U0000A8FC\U0000A92E-\U0000A92F\U0000A95F\U0000A9C1-\U0000A9CD\U0000A9DE-\U0000A9DF\U0000AA5C-\U0000AA5F\U0000AA77-\U0000AA79\U0000AADE-\U0000AADF\U0000AAF0-\U0000AAF1\U0000AB5B\U0000AB6A-\U0000AB6B\U0000ABEB\U0000FB29\U0000FBB2-\U0000FBC2\U0000FD3E-\U0000FD4F\U0000FDCF\U0000FDFC-\U0000FDFF\U0000FE10-\U0000FE19\U0000FE30-\U0000FE52\U0000FE54-\U0000FE66\U0000FE68-\U0000FE6B\U0000FEFF\U0000FF01-\U0000FF0F\U0000FF1A-\U0000FF20\U0000FF3B-\U0000FF40\U0000FF5B-\U0000FF65\U0000FFE0-\U0000FFE6\U0000FFE8-\U0000FFEE\U0000FFF9-\U0000FFFD\U00010100-\U00010102\U00010137-\U0001013F\U00010179-\U00010189\U0001018C-\U0001018E\U00010190-\U0001019C\U000101A0\U000101D0-\U000101FC\U0001039F\U000103D0\U0001056F\U00010857\U00010877-\U00010878\U0001091F\U0001093F\U00010A50-\U00010A58\U00010A7F\U00010AC8\U00010AF0-\U00010AF6\U00010B39-\U00010B3F\U00010B99-\U00010B9C\U00010EAD\U00010F55-\U00010F59\U00010F86-\U00010F89\U00011047-\U0001104D\U000110BB-\U000110C1\U000110CD\U00011140-\U00011143\U00011174-\U00011175\U000111C5-\U000111C8\U000111CD\U000111DB\U000111DD-\U000111DF\U00011238-\U0001123D\U000112A9\U0001144B-\U0001144F\U0001145A-\U0001145B\U0001145D\U000114C6\U000115C1-\U000115D7\U00011641-\U00011643\U00011660-\U0001166C\U000116B9\U0001173C-\U0001173F\U0001183B\U00011944-\U00011946\U000119E2\U00011A3F-\U00011A46\U00011A9A-\U00011A9C\U00011A9E-\U00011AA2\U00011B00-\U00011B09\U00011C41-\U00011C45\U00011C70-\U00011C71\U00011EF7-\U00011EF8\U00011F43-\U00011F4F\U00011FD5-\U00011FF1\U00011FFF\U00012470-\U00012474\U00012FF1-\U00012FF2\U00013430-\U0001343F\U00016A6E-\U00016A6F\U00016AF5\U00016B37-\U00016B3F\U00016B44-\U00016B45\U00016E97-\U00016E9A\U00016FE2\U0001BC9C\U0001BC9F-\U0001BCA3\U0001CF50-\U0001CFC3\U0001D000-\U0001D0F5\U0001D100-\U0001D126\U0001D129-\U0001D164\U0001D16A-\U0001D16C\U0001D173-\U0001D17A\U0001D183-\U0001D184\U0001D18C-\U0001D1A9\U0001D1AE-\U0001D1EA\U0001D200-\U0001D241\U0001D245\U0001D300-\U0001D356\U0001D6C1\U0001D6DB\U0001D6FB\U0001D715\U0001D735\U0001D74F\U0001D76F\U0001D789\U0001D7A9\U0001D7C3\U0001D800-\U0001D9FF\U0001DA37-\U0001DA3A\U0001DA6D-\U0001DA74\U0001DA76-\U0001DA83\U0001DA85-\U0001DA8B\U0001E14F\U0001E2FF\U0001E95E-\U0001E95F\U0001ECAC\U0001ECB0\U0001ED2E\U0001EEF0-\U0001EEF1\U0001F000-\U0001F02B\U0001F030-\U0001F093\U0001F0A0-\U0001F0AE\U0001F0B1-\U0001F0BF\U0001F0C1-\U0001F0CF\U0001F0D1-\U0001F0F5\U0001F10D-\U0001F1AD\U0001F1E6-\U0001F202\U0001F210-\U0001F23B\U0001F240-\U0001F248\U0001F250-\U0001F251\U0001F260-\U0001F265\U0001F300-\U0001F6D7\U0001F6DC-\U0001F6EC\U0001F6F0-\U0001F6FC\U0001F700-\U0001F776\U0001F77B-\U0001F7D9\U0001F7E0-\U0001F7EB\U0001F7F0\U0001F800-\U0001F80B\U0001F810-\U0001F847\U0001F850-\U0001F859\U0001F860-\U0001F887\U0001F890-\U0001F8AD\U0001F8B0-\U0001F8B1\U0001F900-\U0001FA53\U0001FA60-\U0001FA6D\U0001FA70-\U0001FA7C\U0001FA80-\U0001FA88\U0001FA90-\U0001FABD\U0001FABF-\U0001FAC5\U0001FACE-\U0001FADB\U0001FAE0-\U0001FAE8\U0001FAF0-\U0001FAF8\U0001FB00-\U0001FB92\U0001FB94-\U0001FBCA\U000E0001\U000E0020-\U000E007F]+') w
		where w <> ''));
end
$plinth$;
create index "people_handle_search" on "people" using gin (plinth_search("handle"));
create index "people_name_search" on "people" using gin (plinth_search("name"));
create index "people_bio_search" on "people" using gin (plinth_search("bio"));
create index "posts_author_id_created_at_id_idx" on "posts" ("author_id", "created_at", "id");
create index "posts_created_at_id_idx" on "posts" ("created_at", "id");
create index "posts_body_search" on "posts" using gin (plinth_search("body"));
create index "likes_person_id_idx" on "likes" ("person_id");
create index "blocks_blocked_id_idx" on "blocks" ("blocked_id");
create index "follows_followed_id_idx" on "follows" ("followed_id");
create index "comments_post_id_created_at_id_idx" on "comments" ("post_id", "created_at", "id");
create index "comments_root_id_created_at_id_idx" on "comments" ("root_id", "created_at", "id");
create index "comments_author_id_idx" on "comments" ("author_id");
create index "comments_parent_id_idx" on "comments" ("parent_id");
create index "notifications_person_id_created_at_id_idx" on "notifications" ("person_id", "created_at", "id");
create index "notifications_person_id_where_seen_idx" on "notifications" ("person_id") where "seen" = false;
create index "notifications_actor_id_idx" on "notifications" ("actor_id");
create index "notifications_comment_id_idx" on "notifications" ("comment_id");
create index "notifications_post_id_idx" on "notifications" ("post_id");
