package store

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// watch knows which tables were written, as far as it has looked. A tick counts
// the looks that found something; a table's is that of the last one that found
// the table. Who notes the tick, reads a table, looks later and finds no greater
// one at the table has read what is there now.
//
// A look covers all that was committed before it began, so requests that arrive
// while one is under way share the next one. It is safe for concurrent use.
type watch struct {
	turn  chan struct{} // holds a token while somebody looks
	begun atomic.Int64  // looks that have begun
	ended int64         // the last look that has ended well; of who has the turn
	at    position      // of that look; of who has the turn
	quiet bool          // that look found the log where the one before had left it; of who has the turn

	mu     sync.Mutex
	tick   uint64
	every  uint64            // when all tables had to be taken for written
	tables map[string]uint64 // when each was found
}

func newWatch() *watch {
	return &watch{turn: make(chan struct{}, 1), tables: map[string]uint64{}}
}

// now returns the tick.
func (w *watch) now() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tick
}

// changed reports whether one of the tables was found after the tick.
func (w *watch) changed(tables []*Table, tick uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.every > tick {
		return true
	}
	for _, t := range tables {
		if w.tables[t.Name] > tick {
			return true
		}
	}
	return false
}

// look returns when a look has ended that began after it was called.
func (w *watch) look(ctx context.Context, s session) error {
	arrived := w.begun.Load()
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return storeError(ctx, ctx.Err())
	}
	defer func() { <-w.turn }()
	if w.ended > arrived {
		return nil
	}
	n := w.begun.Add(1)
	if w.quiet {
		still, err := s.still(ctx, w.at)
		if err != nil {
			return err
		}
		if still {
			w.ended = n
			return nil
		}
	}
	seen, err := s.written(ctx, w.at)
	if err != nil {
		return err
	}
	w.note(seen, w.at)
	w.quiet = seen.position() == w.at
	w.at, w.ended = seen.position(), n
	return nil
}

// note raises the ticks of what was written since a position.
func (w *watch) note(seen *writtenTables, since position) {
	w.mu.Lock()
	defer w.mu.Unlock()
	lost := seen.Standby || seen.Rows >= maxLook || seen.lost(since) != ""
	if !lost && len(seen.Tables) == 0 {
		return
	}
	w.tick++
	if lost {
		w.every = w.tick
		clear(w.tables)
		return
	}
	for _, name := range seen.Tables {
		w.tables[name] = w.tick
	}
}

// maxLook is the number of changes a look reads. More are taken for changes of
// every table: it would cost more to look at them than it saves.
const maxLook = 1000

// writtenTables is the state of the log with the tables that were written since
// a position.
type writtenTables struct {
	logHead
	Tables []string `json:"tables"`
	Rows   int      `json:"rows"`
}

// Nothing is visible now that was not visible in the snapshot $1, or has got a
// higher number than ?1: every commit of a transaction that has written changes
// the snapshot, and every row of the log takes a number. So no row is missing
// either, and on PostgreSQL, where a new epoch is a commit, it is the same log. A
// standby replays commits in its own time.
const (
	postgresStill = `select pg_current_snapshot()::text = $1::text and not pg_is_in_recovery()`
	sqliteStill   = `select seq = ?1 from sqlite_sequence where name = 'plinth_changes'`
)

// still reports whether nothing was written since a position, of the latest
// commits. It costs less than [session.written], which would find nothing.
func (s session) still(ctx context.Context, since position) (bool, error) {
	text, at := sqliteStill, any(since.Seq)
	if s.db.dialect.Postgres() {
		text, at = postgresStill, since.From
	}
	still, err := s.truth(ctx, text, at)
	if err != nil {
		return false, fmt.Errorf("store: look at the change log: %w", err)
	}
	return still, nil
}

// What is visible now and was not visible in the snapshot $1, as in
// [postgresFew].
const (
	postgresWritten = `with found as (` +
		`(select c.tbl from plinth_changes c where c.xid >= pg_snapshot_xmax($1::text::pg_snapshot) order by c.xid, c.seq limit $2)` +
		` union all select l.tbl from pg_snapshot_xip($1::text::pg_snapshot) x cross join lateral` +
		` (select c.tbl from plinth_changes c where c.xid = x order by c.seq limit $2) l)` +
		` select jsonb_build_object(` + postgresState + `, 'tables', (select jsonb_agg(distinct tbl) from found), 'rows', (select count(*) from found))`

	sqliteWritten = `select json_object(` + sqliteState + `, 'tables', json_group_array(distinct tbl), 'rows', count(*))` +
		` from (select tbl from plinth_changes where seq > ?1 order by seq limit ?2)`
)

// written returns which tables were written since a position, of the latest
// commits.
func (s session) written(ctx context.Context, since position) (*writtenTables, error) {
	st := &driver.Statement{Table: "plinth_changes", SQL: sqliteWritten, Args: []any{since.Seq, int64(maxLook)}}
	if s.db.dialect.Postgres() {
		from := since.From
		if from == "" {
			from = beginning
		}
		st = &driver.Statement{Table: "plinth_changes", SQL: postgresWritten, Args: []any{from, int64(maxLook)}}
	}
	st.Shape = &driver.Shape{Extra: []Kind{KindJSON}, EachExtra: true}
	var seen writtenTables
	err := s.tuples(ctx, st, func(values [][]byte) error { return json.Unmarshal(values[0], &seen) })
	if err != nil {
		return nil, fmt.Errorf("store: look at the change log: %w", err)
	}
	return &seen, nil
}
