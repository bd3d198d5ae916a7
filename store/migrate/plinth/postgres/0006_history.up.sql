-- Where a change came from: the id of the request and the IP address of the client. Both are
-- null for tables without history, which therefore do not pay for the index. The index holds
-- a hash of the table and the key, because keys can be longer than an index entry may be.
alter table plinth_changes
	add column request text collate "C",
	add column address text collate "C";
create index plinth_changes_history_idx on plinth_changes (hashtextextended(tbl, jsonb_hash_extended(key, 0)), seq) where request is not null;
