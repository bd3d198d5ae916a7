package postgres

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/toxic"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// openCounted opens a database behind a relay that counts what the driver writes at
// once: its round trips.
func openCounted(t *testing.T, opts *Options) (d *database, writes *atomic.Int64) {
	t.Helper()
	writes = new(atomic.Int64)
	server, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	relay := toxic.StartRelay(t, server.Host, func(client, server net.Conn) {
		go io.Copy(client, server) // ends with the connections
		buf := make([]byte, 64<<10)
		for {
			n, err := client.Read(buf)
			if err != nil {
				return
			}
			writes.Add(1)
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
		}
	})
	server.Host = relay.Addr().String()
	return openURL(t, server.String(), opts), writes
}

// TestBeginTravels: what begins a transaction is sent with its first statement, and
// one that does nothing sends nothing.
func TestBeginTravels(t *testing.T) {
	t.Parallel()

	for name, pooler := range map[string]bool{"prepared": false, "pooler": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, writes := openCounted(t, &Options{MaxConns: 1, Reserve: -1, Pooler: pooler})
			mustExec(t, d, "create table n (v bigint primary key)")
			insert := func(v int64) (sent int64) {
				before := writes.Load()
				tx := begin(t, d, driver.TxOptions{Isolation: sql.LevelSerializable})
				if n := exec(t, d, tx, "insert into n values ($1::bigint)", v); n != 1 {
					t.Errorf("changed %d rows", n)
				}
				if err := tx.Commit(t.Context()); err != nil {
					t.Error(err)
				}
				return writes.Load() - before
			}
			insert(1) // the first time it is described
			if sent := insert(2); sent != 2 {
				t.Errorf("%d writes for begin, a statement and commit, want 2", sent)
			}
			before := writes.Load()
			empty := begin(t, d, driver.TxOptions{})
			if err := empty.Commit(t.Context()); err != nil {
				t.Error(err)
			}
			if sent := writes.Load() - before; sent != 0 {
				t.Errorf("%d writes for nothing", sent)
			}
			if _, err := d.Exec(t.Context(), empty, &driver.Statement{SQL: "delete from n"}); !errors.Is(err, driver.ErrTxAborted) {
				t.Errorf("behind its end: got %v, want %v", err, driver.ErrTxAborted)
			}
			if got := count(t, d, nil); got != `{"v":2}` {
				t.Errorf("got %s", got)
			}
		})
	}
}

// TestBeginKind: a transaction is of the kind that was asked for, whatever its first
// statement is, known or not.
func TestBeginKind(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{MaxConns: 1, Reserve: -1})
	read := func(tx driver.Conn, name string) string {
		return mustQuery(t, d, tx, &driver.Statement{
			SQL: "select current_setting($1::text)", Args: []any{name}, Shape: one(driver.KindText),
		})
	}
	for range 2 {
		for level, want := range map[sql.IsolationLevel]string{
			sql.LevelDefault: "read committed", sql.LevelReadUncommitted: "read uncommitted", sql.LevelReadCommitted: "read committed",
			sql.LevelRepeatableRead: "repeatable read", sql.LevelSnapshot: "repeatable read", sql.LevelSerializable: "serializable",
		} {
			for readOnly, text := range map[bool]string{false: "off", true: "on"} {
				tx := begin(t, d, driver.TxOptions{Isolation: level, ReadOnly: readOnly})
				if got := read(tx, "transaction_isolation"); got != `{"v":"`+want+`"}` {
					t.Errorf("%v is %s", level, got)
				}
				if got := read(tx, "transaction_read_only"); got != `{"v":"`+text+`"}` {
					t.Errorf("%v, read only %t: %s", level, readOnly, got)
				}
				if err := tx.Rollback(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if _, err := d.Begin(t.Context(), driver.TxOptions{Isolation: sql.LevelLinearizable}); err == nil {
		t.Error("a level the server does not know")
	}
}

// TestBeginBeforeTheUser: what the user runs by the *sql.Tx is part of the
// transaction, in each of the ways there are, and also if it is the first.
func TestBeginBeforeTheUser(t *testing.T) {
	t.Parallel()

	d := openTest(t, nil)
	mustExec(t, d, "create table n (v bigint)")
	const text = "insert into n values (1)"
	for name, first := range map[string]func(tx *sql.Tx) error{
		"exec": func(tx *sql.Tx) error { _, err := tx.ExecContext(t.Context(), text); return err },
		"query": func(tx *sql.Tx) error {
			var v int
			return tx.QueryRowContext(t.Context(), text+" returning v").Scan(&v)
		},
		"prepare": func(tx *sql.Tx) error {
			st, err := tx.PrepareContext(t.Context(), text)
			if err != nil {
				return err
			}
			_, err = st.ExecContext(t.Context())
			return errors.Join(err, st.Close())
		},
	} {
		tx := begin(t, d, driver.TxOptions{})
		if err := first(tx.SQL()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := count(t, d, tx); got != `{"v":1}` {
			t.Errorf("%s: inside %s", name, got)
		}
		if err := tx.Rollback(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := count(t, d, nil); got != `{"v":0}` {
			t.Errorf("%s ran outside of its transaction", name)
		}
	}
}

// TestFirstStatementFails: a first statement that fails, for its values or for its
// text, fails the transaction like a later one.
func TestFirstStatementFails(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{MaxConns: 1, Reserve: -1})
	mustExec(t, d, "create table n (v bigint primary key)", "insert into n values (1)")
	for _, text := range []string{"insert into n values ($1::bigint)", "insert into m values ($1::bigint)", "insert into n values ($1::bigint)"} {
		tx := begin(t, d, driver.TxOptions{})
		if _, err := d.Exec(t.Context(), tx, &driver.Statement{SQL: text, Args: []any{int64(1)}}); err == nil {
			t.Errorf("%s: no error", text)
		}
		var r driver.Result
		err := d.Query(t.Context(), tx, &driver.Statement{SQL: "select 1", Shape: one(driver.KindInt)}, &r)
		if !errors.Is(err, driver.ErrTxAborted) {
			t.Errorf("%s: behind it %v, want %v", text, err, driver.ErrTxAborted)
		}
		if err := tx.Commit(t.Context()); !errors.Is(err, driver.ErrTxAborted) {
			t.Errorf("%s: commit: %v, want %v", text, err, driver.ErrTxAborted)
		}
	}
	if got := count(t, d, nil); got != `{"v":1}` {
		t.Errorf("got %s", got)
	}
}

// TestFirstStatementFindsADeadConnection: it runs on another one, unless the user may
// have the transaction already.
func TestFirstStatementFindsADeadConnection(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{MaxConns: 1, Reserve: -1})
	mustExec(t, d, "create table n (v bigint)")
	killer := openURL(t, d.pool.Config().ConnString(), nil)
	for _, given := range []bool{false, true} {
		tx := begin(t, d, driver.TxOptions{})
		if given {
			tx.SQL()
		}
		mustExec(t, killer, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
		_, err := d.Exec(t.Context(), tx, &driver.Statement{SQL: "insert into n values ($1::bigint)", Args: []any{int64(1)}})
		if given {
			if !errors.Is(err, driver.ErrUnavailable) {
				t.Errorf("given away: got %v, want %v", err, driver.ErrUnavailable)
			}
			if err := tx.Rollback(); err != nil {
				t.Error(err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := count(t, d, nil); got != `{"v":1}` {
		t.Errorf("got %s", got)
	}
}

// TestFirstStatementIsNotSent: where the context of the first statement has ended before it
// is sent, what begins the transaction is not sent either. Nothing that comes behind runs
// outside of a transaction, and is taken back with it.
func TestFirstStatementIsNotSent(t *testing.T) {
	t.Parallel()

	const text = "insert into n values ($1::bigint)"
	for name, pooler := range map[string]bool{"prepared": false, "pooler": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openTest(t, &Options{MaxConns: 1, Reserve: -1, Pooler: pooler})
			mustExec(t, d, "create table n (v bigint primary key)")
			known := begin(t, d, driver.TxOptions{})
			exec(t, d, known, text, 1)
			if err := known.Rollback(); err != nil {
				t.Fatal(err)
			}
			tx := begin(t, d, driver.TxOptions{})
			over, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := d.Exec(over, tx, &driver.Statement{SQL: text, Args: []any{int64(2)}}); err == nil {
				t.Error("no error")
			}
			if _, err := tx.SQL().ExecContext(t.Context(), "insert into n values (3)"); err != nil {
				t.Errorf("behind it: %v", err)
			}
			if err := tx.Rollback(); err != nil {
				t.Error(err)
			}
			if got := count(t, d, nil); got != `{"v":0}` {
				t.Errorf("it ran outside of the transaction: %s", got)
			}
		})
	}
}

// TestBehindTheUsersEnd: where the user has ended the transaction by a statement, nothing
// runs outside of it, neither of theirs nor of the store.
func TestBehindTheUsersEnd(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{MaxConns: 1, Reserve: -1})
	mustExec(t, d, "create table n (v bigint)")
	tx := begin(t, d, driver.TxOptions{})
	if _, err := tx.SQL().ExecContext(t.Context(), "rollback"); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.SQL().ExecContext(t.Context(), "insert into n values (1)"); !errors.Is(err, sql.ErrTxDone) {
		t.Errorf("the user's: %v, want %v", err, sql.ErrTxDone)
	}
	if _, err := d.Exec(t.Context(), tx, &driver.Statement{SQL: "insert into n values (2)"}); !errors.Is(err, driver.ErrTxAborted) {
		t.Errorf("the store's: %v, want %v", err, driver.ErrTxAborted)
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
	if got := count(t, d, nil); got != `{"v":0}` {
		t.Errorf("got %s", got)
	}
}
