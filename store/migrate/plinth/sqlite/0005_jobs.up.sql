-- Jobs. The state is waiting, running, done or dead. fence counts the claims of a job:
-- what a worker writes names the fence of its claim, so that a worker whose lease has
-- expired writes nothing. unique_key is unique among waiting jobs, once_key among all.
create table plinth_jobs (
	id text not null primary key,
	kind text not null,
	queue text not null,
	priority integer not null,
	state text not null default 'waiting',
	due_at text not null,
	attempts integer not null default 0,
	max_attempts integer not null,
	fence integer not null default 0,
	lease_until text,
	unique_key text,
	once_key text,
	limit_key text,
	sealed integer not null default 0,
	args text not null,
	actor text not null default '',
	tenant text not null default '',
	trace text not null default '',
	progress integer not null default 0,
	progress_text text not null default '',
	last_error text not null default '',
	enqueued_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')),
	finished_at text
);
create index plinth_jobs_waiting_idx on plinth_jobs (queue, priority, due_at, id) where state = 'waiting';
create unique index plinth_jobs_unique_idx on plinth_jobs (kind, unique_key) where state = 'waiting' and unique_key is not null;
create unique index plinth_jobs_once_idx on plinth_jobs (kind, once_key) where once_key is not null;
create index plinth_jobs_running_idx on plinth_jobs (lease_until) where state = 'running';
create index plinth_jobs_finished_idx on plinth_jobs (state, finished_at) where finished_at is not null;

-- Queues that were paused, or that limit their jobs: claims lock the row of such a queue.
create table plinth_queues (
	name text not null primary key,
	paused_at text
);

-- The next due time of each schedule.
create table plinth_schedules (
	name text not null primary key,
	spec text not null,
	due_at text not null
);
