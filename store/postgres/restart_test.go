package postgres

import (
	"errors"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestRestart restarts the server under a pool full of connections that were
// used a moment ago. Reads and transactions go on without an error.
func TestRestart(t *testing.T) {
	t.Parallel()

	const conns = 8
	server := pgtest.Start(t, pgtest.Options{})
	d := openURL(t, server.URL(), &Options{MaxConns: conns, Reserve: -1})
	mustExec(t, d, "create table n (v bigint)")
	fill := func() {
		var wg sync.WaitGroup
		for range conns {
			wg.Go(func() {
				var r driver.Result
				if err := d.Query(t.Context(), nil, &driver.Statement{SQL: "select pg_sleep(0.1)::text", Shape: one(driver.KindText)}, &r); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	fill()
	if open := d.pool.Stat().TotalConns(); open != conns {
		t.Fatalf("%d connections are open, want %d", open, conns)
	}
	server.Restart(t)
	fill()
	if got := count(t, d, nil); got != `{"v":0}` {
		t.Errorf("got %s", got)
	}

	fill()
	server.Restart(t)
	for range conns {
		tx, err := d.Begin(t.Context(), driver.TxOptions{})
		if err != nil {
			t.Fatal(err)
		}
		exec(t, d, tx, "insert into n values (1)")
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRestartInTransaction loses a transaction: its statements and its commit
// say so, and the pool recovers.
func TestRestartInTransaction(t *testing.T) {
	t.Parallel()

	server := pgtest.Start(t, pgtest.Options{})
	d := openURL(t, server.URL(), nil)
	mustExec(t, d, "create table n (v bigint)")
	tx := begin(t, d, driver.TxOptions{})
	exec(t, d, tx, "insert into n values (1)")
	server.Restart(t)

	var r driver.Result
	err := d.Query(t.Context(), tx, &driver.Statement{SQL: "select 1", Shape: one(driver.KindInt)}, &r)
	if !errors.Is(err, driver.ErrUnavailable) {
		t.Errorf("statement: got %v, want %v", err, driver.ErrUnavailable)
	}
	if err := tx.Commit(t.Context()); !errors.Is(err, driver.ErrUnavailable) {
		t.Errorf("commit: got %v, want %v", err, driver.ErrUnavailable)
	}
	if got := count(t, d, nil); got != `{"v":0}` {
		t.Errorf("got %s", got)
	}
}

func TestServerGone(t *testing.T) {
	t.Parallel()

	server := pgtest.Start(t, pgtest.Options{})
	d := openURL(t, server.URL(), nil)
	server.Stop(t)

	s := &driver.Statement{SQL: "select 1", Shape: one(driver.KindInt)}
	var r driver.Result
	for range 2 {
		if err := d.Query(t.Context(), nil, s, &r); !errors.Is(err, driver.ErrUnavailable) {
			t.Errorf("query: got %v, want %v", err, driver.ErrUnavailable)
		}
	}
	if _, err := d.Begin(t.Context(), driver.TxOptions{}); !errors.Is(err, driver.ErrUnavailable) {
		t.Errorf("begin: got %v, want %v", err, driver.ErrUnavailable)
	}
}
