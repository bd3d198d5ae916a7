-- The change log. seq is the order of writes, xid tells a reader which rows
-- its last snapshot could not see.
create table plinth_changes (
	seq bigint generated always as identity primary key,
	xid xid8 not null default pg_current_xact_id(),
	at timestamptz not null default clock_timestamp(),
	tbl text collate "C" not null,
	op text collate "C" not null,
	key jsonb not null,
	old jsonb,
	new jsonb,
	actor text collate "C" not null default '',
	tenant text collate "C"
);
create index plinth_changes_xid_seq_idx on plinth_changes (xid, seq);

-- How far each named reader of the change log has come.
create table plinth_cursors (
	name text collate "C" primary key,
	position text collate "C" not null,
	updated_at timestamptz not null default now()
);

create table plinth_settings (
	name text collate "C" primary key,
	value text collate "C" not null
);
