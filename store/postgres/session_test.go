package postgres

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// prepared counts the statements of ours that the one connection of a database
// has prepared, by what it says itself.
func prepared(t *testing.T, d *database) (n int) {
	t.Helper()
	row := d.sql.QueryRowContext(t.Context(), "select count(*) from pg_prepared_statements where name like 'plinth%'")
	if err := row.Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPreparedIsBounded runs more texts than a connection keeps, one of them
// always.
func TestPreparedIsBounded(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{MaxConns: 1})
	used := &driver.Statement{SQL: "select 'used'", Shape: one(driver.KindText)}
	mustQuery(t, d, nil, used)
	at := func() (name string) {
		row := d.sql.QueryRowContext(t.Context(), "select prepare_time::text from pg_prepared_statements where statement = $1", used.SQL)
		if err := row.Scan(&name); err != nil {
			t.Fatal(err)
		}
		return name
	}
	first := at()
	for i := range 3 * statementCache {
		text := fmt.Sprintf("select %d", i)
		if got, want := mustQuery(t, d, nil, &driver.Statement{SQL: text, Shape: one(driver.KindInt)}), fmt.Sprintf(`{"v":%d}`, i); got != want {
			t.Fatalf("%s: got %s", text, got)
		}
		mustQuery(t, d, nil, used)
	}
	// What was given up last is closed when the next one is prepared.
	if n := prepared(t, d); n != statementCache {
		t.Errorf("%d statements are prepared, want %d", n, statementCache)
	}
	if again := at(); again != first {
		t.Errorf("the statement in use was prepared again: at %s, then at %s", first, again)
	}
}

// TestPreparedAfterErrors tells errors of values, after which a statement stays
// prepared, from those of the schema.
func TestPreparedAfterErrors(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{MaxConns: 1})
	mustExec(t, d, "create table n (v int primary key)")
	insert := &driver.Statement{SQL: "insert into n values ($1::int) returning v", Args: []any{int64(1)}, Shape: one(driver.KindInt), Write: true}
	mustQuery(t, d, nil, insert)
	var violated *driver.Violation
	var r driver.Result
	if err := d.Query(t.Context(), nil, insert, &r); !errors.As(err, &violated) {
		t.Fatalf("got %v, want a violation", err)
	}
	session := func() *session {
		conn, err := d.pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Release()
		return d.session(conn.Conn().PgConn())
	}()
	if session.known[insert.SQL].described == nil {
		t.Error("the statement was forgotten after a violation")
	}

	mustExec(t, d, "drop table n")
	if err := d.Query(t.Context(), nil, insert, &r); err == nil {
		t.Fatal("no error without the table")
	}
	if session.known[insert.SQL].described != nil {
		t.Error("the statement was kept although its table is gone")
	}
	mustExec(t, d, "create table n (v bigint)")
	if got := mustQuery(t, d, nil, insert); got != `{"v":1}` {
		t.Errorf("got %s", got)
	}
	if n := prepared(t, d); n != 1 {
		t.Errorf("%d statements are prepared, want 1", n)
	}
}

// TestForgottenInTransaction forgets a statement in a transaction that is
// aborted by it, and goes on in the next one.
func TestForgottenInTransaction(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{MaxConns: 1})
	mustExec(t, d, "create table n (v bigint)", "insert into n values (1)")
	s := &driver.Statement{SQL: "select v from n", Shape: one(driver.KindInt)}
	mustQuery(t, d, nil, s)
	mustExec(t, d, "alter table n rename v to w")

	tx := begin(t, d, driver.TxOptions{})
	var r driver.Result
	if err := d.Query(t.Context(), tx, s, &r); err == nil {
		t.Fatal("no error without the column")
	}
	for _, text := range []string{s.SQL, "select 7"} {
		if err := d.Query(t.Context(), tx, &driver.Statement{SQL: text, Shape: s.Shape}, &r); !errors.Is(err, driver.ErrTxAborted) {
			t.Errorf("%s: got %v, want %v", text, err, driver.ErrTxAborted)
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	mustExec(t, d, "alter table n rename w to v")
	if got := mustQuery(t, d, nil, s); got != `{"v":1}` {
		t.Errorf("got %s", got)
	}
}

// TestPoolerPreparesNothing runs a statement behind a pooler and changes what it
// returns.
func TestPoolerPreparesNothing(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{MaxConns: 1, Pooler: true})
	mustExec(t, d, "create table n (v int)", "insert into n values (1)")
	s := &driver.Statement{SQL: "select v from n where v = $1::bigint", Args: []any{int64(1)}, Shape: one(driver.KindInt)}
	for _, change := range []string{"alter table n alter v type bigint", "discard all", "alter table n alter v type smallint"} {
		mustQuery(t, d, nil, s)
		if n := prepared(t, d); n != 0 {
			t.Errorf("%d statements are prepared", n)
		}
		mustExec(t, d, change)
		if got := mustQuery(t, d, nil, s); got != `{"v":1}` {
			t.Errorf("after %s: got %s", change, got)
		}
	}
}

// TestRefusedArguments sends values that do not fit. Nothing reaches the server,
// and the error does not show them.
func TestRefusedArguments(t *testing.T) {
	t.Parallel()

	d := openTest(t, nil)
	for _, tt := range []struct {
		cast string
		args []any
		want error
	}{
		{"int", []any{int64(4242424242)}, driver.ErrValue},
		{"bigint", []any{"4242424242x"}, driver.ErrValue}, // the server's, as 22P02
		{"bigint", nil, nil},
		{"bigint", []any{int64(1), int64(4242424242)}, nil},
	} {
		var r driver.Result
		err := d.Query(t.Context(), nil, &driver.Statement{SQL: "select $1::" + tt.cast + " is null", Args: tt.args, Shape: one(driver.KindBool)}, &r)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.cast, err, tt.want)
		}
		if err != nil && tt.cast != "bigint" && strings.Contains(err.Error(), "42424242") {
			t.Errorf("%s: the error shows the value: %v", tt.cast, err)
		}
	}
}
