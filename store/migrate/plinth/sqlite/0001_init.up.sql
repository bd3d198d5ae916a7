-- The change log. One writer at a time makes seq the order of commits; with
-- autoincrement no number comes twice, also after rows were trimmed.
create table plinth_changes (
	seq integer primary key autoincrement,
	at text not null default (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')),
	tbl text not null,
	op text not null,
	key text not null,
	old text,
	new text,
	actor text not null default '',
	tenant text
);

-- How far each named reader of the change log has come.
create table plinth_cursors (
	name text not null primary key,
	position text not null,
	updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'))
);

create table plinth_settings (
	name text not null primary key,
	value text not null
);
