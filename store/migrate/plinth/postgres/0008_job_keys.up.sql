-- The waiting jobs of each key with a limit, for claims behind many jobs of keys that are full.
create index plinth_jobs_key_idx on plinth_jobs (queue, limit_key, priority, due_at, id) where state = 'waiting' and limit_key is not null;
