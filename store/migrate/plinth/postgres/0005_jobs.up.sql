-- Jobs. The state is waiting, running, done or dead. fence counts the claims of a job:
-- what a worker writes names the fence of its claim, so that a worker whose lease has
-- expired writes nothing. unique_key is unique among waiting jobs, once_key among all.
create table plinth_jobs (
	id uuid primary key,
	kind text collate "C" not null,
	queue text collate "C" not null,
	priority smallint not null,
	state text collate "C" not null default 'waiting',
	due_at timestamptz not null,
	attempts integer not null default 0,
	max_attempts integer not null,
	fence bigint not null default 0,
	lease_until timestamptz,
	unique_key text collate "C",
	once_key text collate "C",
	limit_key text collate "C",
	sealed boolean not null default false,
	args text collate "C" not null,
	actor text collate "C" not null default '',
	tenant text collate "C" not null default '',
	trace text collate "C" not null default '',
	progress smallint not null default 0,
	progress_text text collate "C" not null default '',
	last_error text collate "C" not null default '',
	enqueued_at timestamptz not null default clock_timestamp(),
	finished_at timestamptz
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
create index plinth_jobs_waiting_idx on plinth_jobs (queue, priority, due_at, id) where state = 'waiting';
create unique index plinth_jobs_unique_idx on plinth_jobs (kind, unique_key) where state = 'waiting' and unique_key is not null;
create unique index plinth_jobs_once_idx on plinth_jobs (kind, once_key) where once_key is not null;
create index plinth_jobs_running_idx on plinth_jobs (lease_until) where state = 'running';
create index plinth_jobs_finished_idx on plinth_jobs (state, finished_at) where finished_at is not null;

-- Queues that were paused, or that limit their jobs: claims lock the row of such a queue.
create table plinth_queues (
	name text collate "C" primary key,
	paused_at timestamptz
);

-- The next due time of each schedule.
create table plinth_schedules (
	name text collate "C" primary key,
	spec text collate "C" not null,
	due_at timestamptz not null
);
