package jobs

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// priorities is the number of priorities. Each has a range of the index to itself, so
// that a claim reads no jobs that are not due.
const priorities = 4

// dialect writes statements for an engine. The texts below have these parts:
//
//	{now}              the time of the database
//	{after $1}         the time $1 microseconds from now
//	{in text $1}       the condition that a text is in a list
//	{in uuid $1}       the same of an id
//	{rows $1 $2}       ids and fences of leases
//	{skip locked}      the lock of rows that are to be written
//	{row}              where the row is stored, on PostgreSQL
type dialect struct {
	postgres bool
	now      string
	clock    string // now, also inside a long transaction
}

func dialectOf(db *store.DB) dialect {
	if db.Capabilities().Engine == "postgres" {
		return dialect{postgres: true, now: "now()", clock: "clock_timestamp()"}
	}
	const now = "strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')"
	return dialect{now: now, clock: now}
}

// at returns the dialect with a time in place of the clock.
func (d dialect) at(now time.Time) dialect {
	d.now = "'" + now.UTC().Format("2006-01-02T15:04:05.000000+00:00") + "'"
	if d.postgres {
		d.now = "cast(" + d.now + " as timestamptz)"
	}
	d.clock = d.now
	return d
}

var part = regexp.MustCompile(`\{([a-z ]+?)( \$\d+)?( \$\d+)?\}`)

// text writes a statement for the engine.
func (d dialect) text(template string) string {
	return part.ReplaceAllStringFunc(template, func(found string) string {
		p := part.FindStringSubmatch(found)
		return d.part(p[1], strings.TrimSpace(p[2]), strings.TrimSpace(p[3]))
	})
}

func (d dialect) part(name, a, b string) string {
	switch name {
	case "now":
		return d.now
	case "after":
		if d.postgres {
			return fmt.Sprintf("(%s + cast(%s as bigint) * interval '1 microsecond')", d.now, a)
		}
		return fmt.Sprintf("strftime('%%Y-%%m-%%dT%%H:%%M:%%f000+00:00', %s, printf('%%+.3f seconds', %s / 1000000.0))", d.now, a)
	case "in text", "in uuid":
		if d.postgres {
			return "= any(cast(" + a + " as " + strings.TrimPrefix(name, "in ") + "[]))"
		}
		return "in (select value from json_each(" + a + "))"
	case "rows":
		if d.postgres {
			return fmt.Sprintf("select a, b from unnest(cast(%s as uuid[]), cast(%s as bigint[])) as pair(a, b)", a, b)
		}
		return "select value ->> 0, value ->> 1 from json_each(" + a + ")"
	case "row":
		if d.postgres {
			return "cast(ctid as text)"
		}
		return "''"
	case "skip locked":
		if d.postgres {
			return "for update skip locked"
		}
		return ""
	}
	panic("jobs: no part of a statement: " + name)
}

// statements are the texts for one engine.
type statements struct {
	dialect
	claim, claimLimited, finish, finishClaim, complete, completeRow, retry, handBack, renew, recover, progress, stats string

	insert, insertMany [forms]string
}

func newStatements(d dialect) statements {
	return statements{
		dialect:      d,
		claim:        d.text(claimSQL()),
		claimLimited: d.text(claimLimitedSQL()),
		finish:       d.text(finishSQL("{rows $1 $2}")),
		// Only PostgreSQL writes twice in one statement.
		finishClaim: d.text("with finished as (" + finishSQL("{rows $5 $6}") + ") " + claimSQL()),
		complete:    d.text("update plinth_jobs set " + finished + " where id = $1 and fence = $2 and state = 'running'"),
		// A look at the index would be a read of a whole page of it: serializable
		// transactions that complete jobs next to each other would conflict.
		completeRow: d.text("update plinth_jobs set " + finished + " where ctid = cast($3 as tid) and id = $1 and fence = $2 and state = 'running'"),
		retry: d.text("update plinth_jobs set state = $3, last_error = $4, attempts = attempts - $5, due_at = {after $6}, lease_until = null," +
			" finished_at = case when $3 = 'dead' then {now} end, " + freeKey(Running) + " where id = $1 and fence = $2 and state = 'running'"),
		handBack: d.text("update plinth_jobs set state = 'waiting', attempts = attempts - 1, lease_until = null, " + freeKey(Running) +
			" where (id, fence) in ({rows $1 $2}) and state = 'running'"),
		renew: d.text("update plinth_jobs set lease_until = {after $3} where (id, fence) in ({rows $1 $2}) and state = 'running' returning id, {row}"),
		recover: d.text("update plinth_jobs set state = case when attempts >= max_attempts then 'dead' else 'waiting' end," +
			" finished_at = case when attempts >= max_attempts then {now} end, lease_until = null," +
			" last_error = 'the worker died or lost the database: its lease expired', " + freeKey(Running) +
			" where id in (select id from plinth_jobs where state = 'running' and lease_until < {now} order by lease_until limit 100 {skip locked})"),
		stats:  d.text(statsSQL()),
		insert: insertSQL(d, false), insertMany: insertSQL(d, true),
		progress: d.text("update plinth_jobs set progress = $3, progress_text = $4 where id = $1 and fence = $2 and state = 'running'"),
	}
}

const (
	finished = "state = 'done', finished_at = {now}, lease_until = null, progress = 100, last_error = '', args = case when sealed then '' else args end"

	// claimed is what a claim sets: the lease for $4 microseconds.
	claimed = "update plinth_jobs set state = 'running', fence = fence + 1, attempts = attempts + 1, lease_until = {after $4}"

	// returned are the columns of [claimKinds].
	returned = " returning id, kind, fence, args, sealed, attempts, max_attempts, enqueued_at, actor, tenant, trace, priority, due_at, {row}"
)

// freeKey gives up the unique key of a job that will wait again if another one has it by
// now: one that waits, or a newer one in a state from which the same statement may make it
// wait. None of the two is lost.
func freeKey(state State) string {
	const other = "exists (select 1 from plinth_jobs other where other.kind = plinth_jobs.kind and other.unique_key = plinth_jobs.unique_key and other.state = '"
	return "unique_key = case when unique_key is not null and (" + other + "waiting' and other.id <> plinth_jobs.id) or " +
		other + string(state) + "' and other.id > plinth_jobs.id)) then null else unique_key end"
}

func finishSQL(rows string) string {
	return "update plinth_jobs set " + finished + " where (id, fence) in (" + rows + ") and state = 'running'"
}

// claimKinds are the kinds of the columns that a claim returns.
var claimKinds = []store.Kind{
	store.KindUUID, store.KindText, store.KindInt, store.KindText, store.KindBool, store.KindInt, store.KindInt, store.KindTimestamp,
	store.KindText, store.KindText, store.KindText, store.KindInt, store.KindTimestamp, store.KindText,
}

// eachPriority selects the due jobs of queue $1, in the order of claims: each part reads one
// range of the index, and only as far as it is asked.
func eachPriority(columns, where, end string) string {
	parts := make([]string, priorities)
	for i := range parts {
		parts[i] = fmt.Sprintf("select %s from (select %s from plinth_jobs where state = 'waiting' and queue = $1 and priority = %d and due_at <= {now}%s"+
			" order by due_at, id %s) p%d", columns, columns, i+1, where, end, i+1)
	}
	return strings.Join(parts, " union all ")
}

const running = "not exists (select 1 from plinth_queues where name = $1 and paused_at is not null)"

func claimSQL() string {
	return claimed + " where id in (select id from (" + eachPriority("id", " and kind {in text $2} and "+running, "limit $3 {skip locked}") + ") picked limit $3)" + returned
}

// claimLimitedSQL claims in a queue with limits: at most $3 jobs, and $5 of a key at a time.
// The transaction holds the lock of the queue, so that the numbers are exact. It looks at the
// first due jobs. If these are of keys that are full, it also takes the first job of each other
// key by the index of keys. Jobs of the key ":" have no limit.
func claimLimitedSQL() string {
	const (
		columns = "id, priority, due_at, limit_key"
		ahead   = 100 // jobs of each priority
		of      = "from plinth_jobs where state = 'waiting' and queue = $1 and limit_key "
		key     = "select key from (select limit_key as key " + of + "%s order by limit_key limit 1) next"
	)
	firsts := make([]string, priorities)
	for i := range firsts {
		// As a range, since only the index of keys has its order: PostgreSQL would take another.
		firsts[i] = fmt.Sprintf("(select id %sbetween key and key and priority = %d and due_at <= {now} and kind {in text $2}"+
			" order by limit_key, due_at, id limit 1)", of, i+1)
	}
	return "with recursive busy as (select limit_key, count(*) as n from plinth_jobs where state = 'running' and queue = $1 group by limit_key)," +
		" ahead as (" + eachPriority(columns, " and kind {in text $2} and "+running, fmt.Sprintf("limit %d", ahead)) + ")," +
		" ranked as (select ahead.*, coalesce(busy.n, 0)" +
		" + row_number() over (partition by ahead.limit_key order by ahead.priority, ahead.due_at, ahead.id) as place" +
		" from ahead left join busy on busy.limit_key = ahead.limit_key)," +
		" fit as (select " + columns + " from ranked where limit_key is null or limit_key = ':' or place <= $5)," +
		" keys(key) as (" + fmt.Sprintf(key, "is not null and (select count(*) from fit) < $3 and (select count(*) from ahead) >= "+strconv.Itoa(ahead)) +
		" union all select (" + fmt.Sprintf(key, "> keys.key") + ") from keys where key is not null)," +
		" behind as (select coalesce(" + strings.Join(firsts, ", ") + ") as id from keys where " + running +
		" and key not in (select limit_key from busy where limit_key <> ':' and n >= $5)" +
		" and key not in (select limit_key from fit where limit_key is not null))," +
		" due as (select id from fit union all select id from behind where id is not null) " + claimed +
		// The planner of PostgreSQL has no estimate for this case, and begins with the ids.
		" where case state when 'waiting' then true end and id in (select id from due order by (select priority from plinth_jobs job where job.id = due.id)," +
		" (select due_at from plinth_jobs job where job.id = due.id), id limit $3)" + returned
}

// scan reads the values of a row, each into its pointer, and times in UTC. NULL changes nothing.
func scan(values [][]byte, into ...any) error {
	for i, v := range values {
		if err := json.Unmarshal(v, into[i]); err != nil {
			return err
		}
		if t, ok := into[i].(*time.Time); ok {
			*t = t.UTC()
		}
	}
	return nil
}
