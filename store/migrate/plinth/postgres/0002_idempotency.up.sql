-- Answers to requests with an Idempotency-Key, written with what the requests
-- did. scope is a hash of the caller and the route.
create table plinth_idempotency (
	scope text collate "C" not null,
	key text collate "C" not null,
	fingerprint text collate "C" not null,
	answer text collate "C" not null,
	expires_at timestamptz not null,
	primary key (scope, key)
);
create index plinth_idempotency_expires_at_idx on plinth_idempotency (expires_at);
