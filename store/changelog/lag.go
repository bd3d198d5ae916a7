package changelog

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// Lag is the lag of a named reader of the change log.
type Lag struct {
	// Name is the name given to [Open].
	Name string

	// Changes is the number of undelivered changes, counted up to [MaxLag].
	Changes int

	// Age is the age of the oldest undelivered change; zero if there is none.
	Age time.Duration

	// MovedAt is when the reader's position was last written. An idle reader writes it
	// once a minute.
	MovedAt time.Time
}

// MaxLag is the number up to which [Lags] counts.
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

// Lags returns the lag of the named readers of the change log in all processes,
// ordered by name. It is one statement that reads up to [MaxLag] index entries for each
// reader. While readers keep up it is cheap enough to run every few seconds.
func Lags(ctx context.Context, db *store.DB) ([]Lag, error) {
	st := &driver.Statement{Table: "plinth_cursors", SQL: sqliteLags, Args: []any{int64(MaxLag)}}
	if core.SessionOf(db).DB.Engine.Postgres() {
		st.SQL = postgresLags
	}
	st.Shape = &driver.Shape{Extra: []driver.Kind{driver.KindText, driver.KindTimestamp, driver.KindTimestamp, driver.KindInt, driver.KindTimestamp}, EachExtra: true}
	var lags []Lag
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
func parseLag(values [][]byte) (Lag, error) {
	var lag Lag
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
