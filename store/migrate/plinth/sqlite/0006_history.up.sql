-- Where a change came from: the id of the request and the IP address of the client. Both are
-- null for tables without history, which therefore do not pay for the index.
alter table plinth_changes add column request text;
alter table plinth_changes add column address text;
create index plinth_changes_history_idx on plinth_changes (tbl, key, seq) where request is not null;
