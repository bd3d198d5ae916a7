package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
)

func TestStatsCountConnections(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		inUse := func() (n int) {
			for _, p := range db.Stats().Pools {
				n += p.InUse
				if p.Open != p.InUse+p.Idle || p.Open > p.Max || p.Waiting != 0 || p.Refused != 0 {
					t.Errorf("%+v", p)
				}
			}
			return n
		}
		if n := inUse(); n != 0 {
			t.Errorf("%d connections are in use before anything happens", n)
		}
		err := db.Tx(t.Context(), func(context.Context, *store.Tx) error {
			if n := inUse(); n != 1 {
				t.Errorf("%d connections are in use in a transaction, want 1", n)
			}
			return db.Ping(t.Context())
		})
		if err != nil {
			t.Error(err)
		}
		if n := inUse(); n != 0 {
			t.Errorf("%d connections are in use after the transaction", n)
		}
	})
}

// TestReaderLags lets readers stop at the beginning, in the middle of what one
// look has found, and at the end.
func TestReaderLags(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		none := func(context.Context, *store.Tx, []changelog.Change) error { return nil }
		drain := func(name string, opts changelog.Options, fn changelog.Func, want error) {
			t.Helper()
			if _, err := changelog.Open(db, name, &opts).Drain(ctx, fn); !errors.Is(err, want) {
				t.Fatalf("%s: got %v, want %v", name, err, want)
			}
		}
		check := func(want ...string) {
			t.Helper()
			lags, err := changelog.Lags(ctx, db)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range lags {
				got = append(got, fmt.Sprintf("%s %d", l.Name, l.Changes))
				if (l.Age > 0) != (l.Changes > 0) || l.Age > time.Minute || time.Since(l.MovedAt).Abs() > time.Minute {
					t.Errorf("%+v", l)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		check()
		drain("early", changelog.Options{}, none, nil)
		drain("middle", changelog.Options{}, none, nil)
		check("early 0", "middle 0")
		for i := range 25 {
			if err := store.For[Tag](db).Insert(ctx, &Tag{Name: fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Millisecond) // the clock of SQLite has milliseconds
		check("early 25", "middle 25")

		stop := errors.New("stop")
		batches := 0
		drain("middle", changelog.Options{BatchSize: 10}, func(context.Context, *store.Tx, []changelog.Change) error {
			if batches++; batches == 2 {
				return stop
			}
			return nil
		}, stop)
		check("early 25", "middle 15")
		drain("late", changelog.Options{Start: changelog.FromStart}, none, nil)
		check("early 25", "late 0", "middle 15")
		drain("middle", changelog.Options{}, none, nil)
		check("early 25", "late 0", "middle 0")
	})
}

func TestNotifierStats(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		if s := db.Stats().Notifier; s != (store.NotifierStats{}) {
			t.Errorf("before it runs: %+v", s)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- changelog.Notify(ctx, db) }()
		listens := db.Capabilities().Instances
		programtest.Until(t, 20*time.Second, "the notifier runs", func() bool {
			s := db.Stats().Notifier
			return s.Running && s.Listening == listens && s.TrimmedAt.IsZero() && s.Behind == 0
		})
		if _, err := changelog.Trim(t.Context(), db, changelog.Retention{}); err != nil || time.Since(db.Stats().Notifier.TrimmedAt) > time.Minute {
			t.Errorf("trimmed at %v, %v", db.Stats().Notifier.TrimmedAt, err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if s := db.Stats().Notifier; s.Running || s.Listening {
			t.Errorf("after it has ended: %+v", s)
		}
	})
}
