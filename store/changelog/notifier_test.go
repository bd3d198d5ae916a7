package changelog_test

import (
	"context"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestNotifyWakesOtherProcesses writes in one process and reads in another
// that would not look by itself.
func TestNotifyWakesOtherProcesses(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	writer, reader := openLog(t, url), openLog(t, url)
	if err := writer.Register(Tag{}); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), writer); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 3)
	for _, db := range []*store.DB{writer, reader} {
		go func() { ended <- changelog.Notify(ctx, db) }()
	}
	c := changelog.Open(reader, "reader", &changelog.Options{Poll: time.Hour})
	drained(t, c)
	got := make(chan string, 1000)
	go func() {
		ended <- c.Run(ctx, func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
			for _, change := range batch {
				got <- change.Table
			}
			return nil
		})
	}()
	// Nothing tells when the reader listens.
	for deadline := time.After(20 * time.Second); len(got) == 0; {
		if err := store.For[Tag](writer).Insert(t.Context(), &Tag{Name: store.NewID().String()}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-deadline:
			t.Fatal("the reader was not woken within 20 seconds")
		case <-time.After(50 * time.Millisecond):
		}
	}
	cancel()
	for range 3 {
		if err := <-ended; err != nil {
			t.Errorf("Notify = %v at the end of its context", err)
		}
	}
}

// waitForIdle waits until no transaction of the server is older than the log.
// Other tests use the same server.
func waitForIdle(t *testing.T, db *store.DB) {
	t.Helper()
	if db.Capabilities().Engine == "sqlite" {
		return
	}
	programtest.Until(t, time.Minute, "older transactions end", func() (idle bool) {
		err := db.Bun().DB.QueryRowContext(t.Context(),
			"select not exists(select 1 from plinth_changes where xid >= pg_snapshot_xmin(pg_current_snapshot()))").Scan(&idle)
		if err != nil {
			t.Fatal(err)
		}
		return idle
	})
}
