-- Answers to requests with an Idempotency-Key, written with what the requests
-- did. scope is a hash of the caller and the route.
create table plinth_idempotency (
	scope text not null,
	key text not null,
	fingerprint text not null,
	answer text not null,
	expires_at text not null,
	primary key (scope, key)
);
create index plinth_idempotency_expires_at_idx on plinth_idempotency (expires_at);
