package postgres

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestServerFull: while the server has no connection left, statements and transactions, also
// those of database/sql, wait for the pool's open connection, and the probe succeeds.
func TestServerFull(t *testing.T) {
	t.Parallel()

	server := pgtest.Start(t, pgtest.Options{Settings: []string{"max_connections=6", "superuser_reserved_connections=0"}})
	d := openURL(t, server.URL(), &Options{MaxConns: 8, AcquireTimeout: 20 * time.Second})
	mustExec(t, d, "create table n (v bigint)")
	others := takeAll(t, server.URL())
	if open := d.pool.Stat().TotalConns(); open == 0 || open >= 6 {
		t.Fatalf("the pool has %d connections", open)
	}

	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			var err error
			switch i % 3 {
			case 0:
				err = d.Query(t.Context(), nil, &driver.Statement{SQL: "select pg_sleep(0.02)::text", Shape: one(driver.KindText)}, new(driver.Result))
			case 1:
				var tx driver.Conn
				if tx, err = d.Begin(t.Context(), driver.TxOptions{}); err == nil {
					_, err = d.Exec(t.Context(), tx, &driver.Statement{SQL: "insert into n values (1)"})
					err = errors.Join(err, tx.Commit(t.Context()))
				}
			case 2:
				_, err = d.sql.ExecContext(t.Context(), "insert into n values (1)")
			}
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	if err := d.Ping(t.Context()); err != nil {
		t.Errorf("the probe while the server is full: %v", err)
	}
	wg.Wait()
	if got := count(t, d, nil); got != `{"v":16}` {
		t.Errorf("got %s", got)
	}

	for _, conn := range others {
		_ = conn.Close(context.Background())
	}
	time.Sleep(2 * fullFor)
	holder := begin(t, d, driver.TxOptions{})
	exec(t, d, holder, "insert into n values (1)")
	if got := count(t, d, nil); got != `{"v":16}` {
		t.Errorf("on a second connection: %s", got)
	}
	if err := holder.Rollback(); err != nil {
		t.Error(err)
	}
}

// TestServerFullTimeout: a statement waits no longer than AcquireTimeout for a server that
// has no connection left.
func TestServerFullTimeout(t *testing.T) {
	t.Parallel()

	server := pgtest.Start(t, pgtest.Options{Settings: []string{"max_connections=6", "superuser_reserved_connections=0"}})
	d := openURL(t, server.URL(), &Options{MaxConns: 8, AcquireTimeout: 300 * time.Millisecond})
	holder := begin(t, d, driver.TxOptions{})
	exec(t, d, holder, "create table n (v bigint)")
	takeAll(t, server.URL())
	err := d.Query(t.Context(), nil, &driver.Statement{SQL: "select 1", Shape: one(driver.KindInt)}, new(driver.Result))
	if !errors.Is(err, driver.ErrBusy) {
		t.Errorf("got %v, want %v", err, driver.ErrBusy)
	}
	if err := holder.Rollback(); err != nil {
		t.Error(err)
	}
}

// takeAll opens the connections that a server has left.
func takeAll(t *testing.T, url string) (all []*pgx.Conn) {
	t.Helper()
	for {
		conn, err := pgx.Connect(t.Context(), url)
		if isFull(err) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
		all = append(all, conn)
	}
}
