package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// PoolStats are the figures of a pool of connections.
type PoolStats = driver.PoolStats

// Stats are figures of a database as this process sees it.
type Stats struct {
	// Pools are the pools of connections: one on PostgreSQL, the writer's and
	// the readers' on SQLite.
	Pools []PoolStats

	// Notifier is what [DB.RunNotifier] does.
	Notifier NotifierStats
}

// NotifierStats are the figures of [DB.RunNotifier].
type NotifierStats struct {
	// Running says that it runs in this process.
	Running bool

	// Listening reports that its connection for signals of other processes is open or
	// being opened. It is false on SQLite and behind a pooler.
	Listening bool

	// Behind is the time since the oldest commit of this process that other processes
	// were not notified of. They find it by polling.
	Behind time.Duration

	// TrimmedAt is when the change log was last trimmed; zero for never.
	TrimmedAt time.Time
}

// notifierStats reads the figures of the notifier.
func notifierStats(n *core.NotifierState) NotifierStats {
	s := NotifierStats{Running: n.Running.Load() > 0, Listening: n.Listening.Load() > 0}
	if since := n.UntoldSince.Load(); since != 0 {
		s.Behind = max(0, time.Since(time.Unix(0, since)))
	}
	if at := n.TrimmedAt.Load(); at != 0 {
		s.TrimmedAt = time.Unix(0, at)
	}
	return s
}

// ReaderLag is the lag of a named reader of the change log.
type ReaderLag struct {
	// Name is the name given to [DB.Changes].
	Name string

	// Changes is the number of undelivered changes, counted up to [MaxLag].
	Changes int

	// Age is the age of the oldest undelivered change; zero if there is none.
	Age time.Duration

	// MovedAt is when the reader's position was last written. An idle reader writes it
	// once a minute.
	MovedAt time.Time
}

// MaxLag is the number up to which [DB.ReaderLags] counts.
const MaxLag = 10_000

// What waits for a reader at a snapshot is what was not visible in it, as in
// [postgresFew]; in the middle of a window it is what follows by seq. The second
// value of each half is the time of the first one that waits.
const (
	postgresLags = `select r.name, r.updated_at, clock_timestamp(), w.n, w.at from (` +
		`select name, updated_at, p->>'from' as seen, p->>'to' as upto, coalesce((p->>'seq')::bigint, 0) as seq` +
		` from (select name, updated_at, position::jsonb as p from plinth_cursors) c) r` +
		` cross join lateral (select count(*) as n, min(at) as at from (` +
		`(select c.at from plinth_changes c where r.upto is null and c.xid >= pg_snapshot_xmax(r.seen::pg_snapshot) order by c.xid, c.seq limit $1)` +
		` union all (select l.at from pg_snapshot_xip(r.seen::pg_snapshot) x cross join lateral` +
		` (select c.at from plinth_changes c where c.xid = x order by c.seq limit $1) l where r.upto is null limit $1)` +
		` union all (select c.at from plinth_changes c where r.upto is not null and c.seq > r.seq` +
		` and not pg_visible_in_snapshot(c.xid, r.seen::pg_snapshot) order by c.seq limit $1)) rows) w order by r.name`

	sqliteLags = `select r.name, r.updated_at, strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'),` +
		` (select count(*) from (select 1 from plinth_changes where seq > r.seq limit ?1)),` +
		` (select at from plinth_changes where seq > r.seq order by seq limit 1)` +
		` from (select name, updated_at, coalesce(position->>'seq', 0) as seq from plinth_cursors) r order by r.name`
)

// ReaderLags returns the lag of the named readers of the change log in all processes,
// ordered by name. It is one statement that reads up to [MaxLag] index entries for each
// reader. While readers keep up it is cheap enough to run every few seconds.
func (db *DB) ReaderLags(ctx context.Context) ([]ReaderLag, error) {
	st := &driver.Statement{Table: "plinth_cursors", SQL: sqliteLags, Args: []any{int64(MaxLag)}}
	if core.SessionOf(db).DB.Engine.Postgres() {
		st.SQL = postgresLags
	}
	st.Shape = &driver.Shape{Extra: []Kind{KindText, KindTimestamp, KindTimestamp, KindInt, KindTimestamp}, EachExtra: true}
	var lags []ReaderLag
	err := core.SessionOf(db).Tuples(ctx, st, func(values [][]byte) error {
		lag, err := parseLag(values)
		lags = append(lags, lag)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: lag of readers: %w", err)
	}
	return lags, nil
}

// parseLag reads one row of the lags.
func parseLag(values [][]byte) (ReaderLag, error) {
	var lag ReaderLag
	var times [3]time.Time
	name, err := value.UnquoteJSON(values[0])
	for i, raw := range [][]byte{values[1], values[2], values[4]} {
		var text string
		if err != nil || string(raw) == "null" {
			continue
		}
		if text, err = value.UnquoteJSON(raw); err == nil {
			times[i], err = canon.ParseTimestamp(text)
		}
	}
	if err == nil {
		lag.Changes, err = strconv.Atoi(string(values[3]))
	}
	lag.Name, lag.MovedAt, lag.Changes = name, times[0], min(lag.Changes, MaxLag)
	if !times[2].IsZero() {
		lag.Age = max(0, times[1].Sub(times[2]))
	}
	return lag, err
}
