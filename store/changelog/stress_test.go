package changelog_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
)

const (
	stressWriters = 8
	stressRows    = 20

	// echoRow is a row only the reader "large" writes.
	echoRow = stressRows
)

// TestChangesStress lets writers update rows and log each update with the row's
// version, in transactions that are rolled back, hold savepoints that are rolled
// back, take their number long before they write, or stay open. A reader has
// missed nothing, repeated nothing and kept the order of each row if and only if
// it saw 1, 2, 3, ... up to the version the table has in the end.
//
// The readers note what they see by the transaction they are given, and are
// stopped and started again and again. One of them writes too. PLINTH_TEST_LONG=1 makes it long.
func TestChangesStress(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		mustRun(t, db.Bun().DB, "create table items (id bigint primary key, version bigint not null)")
		noted := "create table noted (n bigint generated always as identity primary key, reader text, id bigint, version bigint)"
		if db.Capabilities().Engine == "sqlite" {
			noted = "create table noted (n integer primary key, reader text, id bigint, version bigint)"
		}
		mustRun(t, db.Bun().DB, noted)
		for id := range stressRows + 1 {
			mustRun(t, db.Bun().DB, marks(db, "insert into items values ($1, 0)"), id)
		}
		s := &stress{db: db}
		opts := map[string]*changelog.Options{
			"large": {Start: changelog.FromStart, Poll: 5 * time.Millisecond},
			"small": {Start: changelog.FromStart, Poll: 5 * time.Millisecond, BatchSize: 7},
		}
		reading, stop := context.WithCancel(t.Context())
		defer stop()
		var writers, readers sync.WaitGroup
		for name, o := range opts {
			readers.Go(func() { s.read(reading, t, name, o) })
		}
		until := time.Now().Add(stressTime())
		for w := range stressWriters {
			writers.Go(func() {
				r := rand.New(rand.NewPCG(uint64(w), 7))
				for time.Now().Before(until) && !t.Failed() {
					if err := s.write(t.Context(), r); err != nil && !errors.Is(err, errUndo) {
						t.Errorf("writer: %v", err)
					}
				}
			})
		}
		writers.Wait()
		stop()
		readers.Wait()
		stopped := time.Now()
		for _, name := range []string{"large", "small"} {
			for n := 1; n > 0; { // "large" writes what it reads next
				var err error
				n, err = changelog.Open(db, name, opts[name]).Drain(t.Context(), s.note(name))
				if errors.Is(err, changelog.ErrReaderBusy) && time.Since(stopped) < 10*time.Second {
					// The server has not yet noticed that the connection of the
					// reader that was stopped is gone.
					n = 1
					time.Sleep(10 * time.Millisecond)
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			s.check(t, name)
		}
		t.Logf("%d commits, %d rollbacks, %d savepoints undone, %d starts of readers",
			s.commits.Load(), s.rollbacks.Load(), s.undone.Load(), s.starts.Load())
		if s.commits.Load() < 50 || s.rollbacks.Load() < 5 || s.undone.Load() < 5 {
			t.Error("too little has happened to prove anything")
		}
	})
}

func stressTime() time.Duration {
	if programtest.Long() {
		return 25 * time.Second
	}
	return 2 * time.Second
}

type stress struct {
	db                                 *store.DB
	commits, rollbacks, undone, starts atomic.Int64
}

var errUndo = errors.New("undo")

// write is one transaction of a writer.
func (s *stress) write(ctx context.Context, r *rand.Rand) error {
	postgres := s.db.Capabilities().Engine == "postgres"
	err := s.db.TxWith(ctx, store.TxOptions{Isolation: sql.LevelReadCommitted}, func(ctx context.Context, tx *store.Tx) error {
		if postgres && r.IntN(2) == 0 {
			if _, err := tx.SQL().ExecContext(ctx, "select pg_current_xact_id()"); err != nil {
				return err
			}
			time.Sleep(rand.N(5 * time.Millisecond))
		}
		ids := r.Perm(stressRows)[:1+r.IntN(4)]
		slices.Sort(ids) // in one order there is no deadlock
		for _, id := range ids {
			if r.IntN(4) > 0 {
				if err := s.bump(ctx, tx, id); err != nil {
					return err
				}
				continue
			}
			err := tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
				if err := s.bump(ctx, tx, id); err != nil {
					return err
				}
				if r.IntN(2) == 0 {
					return errUndo
				}
				return nil
			})
			switch {
			case errors.Is(err, errUndo):
				s.undone.Add(1)
			case err != nil:
				return err
			}
		}
		if postgres && r.IntN(100) == 0 {
			time.Sleep(300 * time.Millisecond)
		}
		if r.IntN(5) == 0 {
			return errUndo
		}
		return nil
	})
	if err == nil {
		s.commits.Add(1)
	} else {
		s.rollbacks.Add(1)
	}
	return err
}

// bump raises the version of a row and logs it.
func (s *stress) bump(ctx context.Context, tx *store.Tx, id int) error {
	var version int64
	err := tx.SQL().QueryRowContext(ctx, marks(s.db, "update items set version = version + 1 where id = $1 returning version"), id).Scan(&version)
	if err != nil {
		return err
	}
	return appendLog(s.db, tx.SQL(), "items", int64(id), version)
}

// read runs a reader and stops it every now and then, until ctx ends.
func (s *stress) read(ctx context.Context, t *testing.T, name string, opts *changelog.Options) {
	t.Helper()
	for ctx.Err() == nil {
		s.starts.Add(1)
		some, cancel := context.WithTimeout(ctx, 20*time.Millisecond+rand.N(200*time.Millisecond))
		if err := changelog.Open(s.db, name, opts).Run(some, s.note(name)); err != nil {
			t.Errorf("reader %s: %v", name, err)
		}
		cancel()
	}
}

// note writes down what a reader sees, in its transaction.
func (s *stress) note(name string) changelog.Func {
	return func(ctx context.Context, tx *store.Tx, batch []changelog.Change) error {
		others := false
		for _, change := range batch {
			var row struct{ ID, Version int64 }
			if err := json.Unmarshal(change.New, &row); err != nil {
				return err
			}
			others = others || row.ID != echoRow
			_, err := tx.SQL().ExecContext(ctx, marks(s.db, "insert into noted (reader, id, version) values ($1, $2, $3)"), name, row.ID, row.Version)
			if err != nil {
				return err
			}
		}
		if name == "large" && others {
			return s.bump(ctx, tx, echoRow)
		}
		return nil
	}
}

// check compares what a reader has noted with the table.
func (s *stress) check(t *testing.T, name string) {
	t.Helper()
	want := map[int64]int64{}
	s.rows(t, "select id, version from items", func(id, version int64) { want[id] = version })
	seen := map[int64]int64{}
	wrong := 0
	s.rows(t, fmt.Sprintf("select id, version from noted where reader = '%s' order by n", name), func(id, version int64) {
		if version != seen[id]+1 {
			if wrong++; wrong <= 5 {
				t.Errorf("reader %s: row %d: version %d behind %d", name, id, version, seen[id])
			}
		}
		seen[id] = version
	})
	for id, version := range want {
		if seen[id] != version {
			t.Errorf("reader %s: row %d: the last version seen is %d, the row has %d", name, id, seen[id], version)
		}
	}
}

func (s *stress) rows(t *testing.T, query string, each func(id, version int64)) {
	t.Helper()
	rows, err := s.db.Bun().DB.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, version int64
		if err := rows.Scan(&id, &version); err != nil {
			t.Fatal(err)
		}
		each(id, version)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
