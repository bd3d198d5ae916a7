-- How much is kept for one caller, all routes together. caller is a hash of whom
-- limits count, size the length of the answer; rows from before count for nobody
-- until they expire. The index has all that is asked for.
alter table plinth_idempotency
	add column caller text collate "C" not null default '',
	add column size bigint not null default 0;
create index plinth_idempotency_caller_idx on plinth_idempotency (caller, expires_at) include (size);
