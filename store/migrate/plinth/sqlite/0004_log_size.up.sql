-- How many bytes the images of a change have, for retention by bytes. It stands in
-- front of the images, since a column behind a long text is found only by reading it.
create table plinth_changes_sized (
	seq integer primary key autoincrement,
	size integer not null default 0,
	at text not null default (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')),
	tbl text not null,
	op text not null,
	key text not null,
	old text,
	new text,
	actor text not null default '',
	tenant text
);
insert into plinth_changes_sized (seq, at, tbl, op, key, old, new, actor, tenant)
	select seq, at, tbl, op, key, old, new, actor, tenant from plinth_changes;
delete from sqlite_sequence where name = 'plinth_changes_sized';
insert into sqlite_sequence (name, seq) select 'plinth_changes_sized', seq from sqlite_sequence where name = 'plinth_changes';
drop table plinth_changes;
alter table plinth_changes_sized rename to plinth_changes;
