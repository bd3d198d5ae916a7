-- Instances that have clients in channels. The lease of an instance is 30 seconds from
-- seen_at. version counts what it has written to plinth_presence. The tables are not logged:
-- after a crash or a failover they are empty, and the instances write them again.
create unlogged table plinth_instances (
	id text collate "C" primary key,
	version bigint not null,
	seen_at timestamptz not null
);

-- Who is present in which topic, by the instance of its socket.
create unlogged table plinth_presence (
	instance text collate "C" not null references plinth_instances on delete cascade,
	ref text collate "C" not null,
	topic text collate "C" not null,
	key text collate "C" not null,
	meta text collate "C" not null,
	primary key (instance, ref)
);

-- Broadcasts that are too large for a signal between instances, for a minute.
create unlogged table plinth_broadcasts (
	id bigint generated always as identity primary key,
	message text collate "C" not null,
	sent_at timestamptz not null default clock_timestamp()
);
create index plinth_broadcasts_sent_at_idx on plinth_broadcasts (sent_at);
