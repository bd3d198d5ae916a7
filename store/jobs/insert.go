package jobs

// The forms of the statement that adds jobs.
const (
	formPlain = iota
	formKeep
	formReplace
	formPeriod // with the length of the period as $15
	formOnce   // with the key as $15
	forms
)

// form returns the form for jobs.
func (o *order) form() int {
	switch {
	case o.once != "":
		return formOnce
	case !o.kind.keyed:
		return formPlain
	case o.kind.mode == OncePerPeriod:
		return formPeriod
	case o.kind.mode == Replace:
		return formReplace
	}
	return formKeep
}

// insertSQL returns the statement in each form. $1 to $4 are id, arguments, unique key and
// limit key of the job, or lists of them; the other values are those of all jobs. On SQLite
// $1 has the lists row by row ([jsonRows]), since a join of lists reads each again and again.
func insertSQL(d dialect, many bool) (texts [forms]string) {
	d.now = d.clock
	source := "from unnest(cast($1 as uuid[]), cast($2 as text[]), cast($3 as text[]), cast($4 as text[])) as job (id, args, unique_key, limit_key)"
	period := "cast(floor(extract(epoch from {now}) * 1000000 / cast($15 as bigint)) as bigint)"
	if !d.postgres {
		source = "from (select value ->> 0 as id, value ->> 1 as args, value ->> 2 as unique_key, value ->> 3 as limit_key from json_each($1)) as job where true"
		period = "(cast(strftime('%s', {now}) as integer) * 1000000 / $15)"
	}
	if !many {
		id := "$1"
		if d.postgres {
			id = "cast($1 as uuid)"
		}
		source = "from (select " + id + " as id, cast($2 as text) as args, cast($3 as text) as unique_key, cast($4 as text) as limit_key) as job where true"
	}
	const waiting, none = "nullif(job.unique_key, '')", "cast(null as text)"
	for form, part := range [forms]struct{ unique, once, conflict string }{
		formPlain:  {none, none, ""},
		formKeep:   {waiting, none, " on conflict do nothing"},
		formPeriod: {none, "case when job.unique_key <> '' then job.unique_key || '@' || " + period + " end", " on conflict do nothing"},
		formOnce:   {none, "cast($15 as text)", " on conflict do nothing"},
		formReplace: {waiting, none, " on conflict (kind, unique_key) where state = 'waiting' and unique_key is not null do update set" +
			" id = excluded.id, args = excluded.args, due_at = excluded.due_at, queue = excluded.queue, priority = excluded.priority, sealed = excluded.sealed, max_attempts = excluded.max_attempts, limit_key = excluded.limit_key," +
			" attempts = 0, last_error = '', actor = excluded.actor, tenant = excluded.tenant, trace = excluded.trace, enqueued_at = excluded.enqueued_at"},
	} {
		texts[form] = d.text("insert into plinth_jobs (id, args, unique_key, once_key, limit_key, kind, queue, priority, due_at, max_attempts," +
			" sealed, actor, tenant, trace, enqueued_at) select job.id, job.args, " + part.unique + ", " + part.once + ", nullif(job.limit_key, '')," +
			" $5, $6, $7, coalesce($8, case when cast($9 as bigint) = 0 then {now} else {after $9} end), $10, $11, $12, $13, $14, {now} " + source + part.conflict)
		if form != formPlain {
			texts[form] += " returning id" // if it was added
		}
	}
	return texts
}
