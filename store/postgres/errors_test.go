package postgres

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

func TestStatementErrors(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{StatementTimeout: 300 * time.Millisecond})
	mustExec(t, d, `create table p (id int primary key)`)
	tests := []struct {
		name, sql string
		want      error
	}{
		{"Raised", "select ('" + driver.RaisePrefix + "posts.update')::int", driver.ErrRaised},
		{"TextAsNumber", "select 'x'::text::int", driver.ErrValue},
		{"TooLargeNumber", "select 1e10::int8::int4", driver.ErrValue},
		{"NoSuchDay", "select '2026-02-30'::text::date", driver.ErrValue},
		{"BadPattern", "select 'x' ~ '('::text", driver.ErrValue},
		{"Timeout", "select pg_sleep(5)::text", driver.ErrTimeout},
		// Begins with a part that changes data, so it must not run again.
		{"Killed", "with x as (insert into p values (50) returning id) select pg_terminate_backend(pg_backend_pid())::int from x", driver.ErrUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			s := &driver.Statement{SQL: tt.sql, Shape: one(driver.KindInt)}
			var r driver.Result
			if err := d.Query(t.Context(), nil, s, &r); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// TestTimeouts: a statement ends after its own time and, where it waits for a lock, after
// LockTimeout, alone and in a transaction. The connections go on.
func TestTimeouts(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{MaxConns: 3, LockTimeout: 100 * time.Millisecond})
	mustExec(t, d, `create table p (id int primary key)`)
	holder, err := d.Begin(t.Context(), driver.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Exec(t.Context(), holder, &driver.Statement{SQL: "lock table p in access exclusive mode"}); err != nil {
		t.Fatal(err)
	}
	sleep := &driver.Statement{SQL: "select pg_sleep(20)::text", Shape: one(driver.KindText), Timeout: 100 * time.Millisecond}
	blocked := &driver.Statement{SQL: "select count(*) from p", Shape: one(driver.KindInt), Timeout: 10 * time.Second}
	for name, tt := range map[string]struct {
		statement *driver.Statement
		want      error
	}{"its own time": {sleep, driver.ErrTimeout}, "a lock": {blocked, driver.ErrBusy}} {
		begun := time.Now()
		if err := d.Query(t.Context(), nil, tt.statement, new(driver.Result)); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
		tx, err := d.Begin(t.Context(), driver.TxOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Query(t.Context(), tx, tt.statement, new(driver.Result)); !errors.Is(err, tt.want) {
			t.Errorf("%s, in a transaction: got %v, want %v", name, err, tt.want)
		}
		if err := tx.Rollback(); err != nil || time.Since(begun) > programtest.Within(8*time.Second) {
			t.Errorf("%s: %v after %s", name, err, time.Since(begun))
		}
	}
	if err := holder.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := mustQuery(t, d, nil, blocked); got != `{"v":0}` {
		t.Errorf("afterwards: %s", got)
	}
}

func TestRaisedNamesItsCheck(t *testing.T) {
	t.Parallel()

	for _, message := range []string{
		`invalid input syntax for type integer: "plinth.check:posts.update_to"`,
		`ungültige Eingabesyntax für Typ integer: »plinth.check:posts.update_to«`,
	} {
		err := mapError(t.Context(), &pgconn.PgError{Code: "22P02", Message: message})
		raised, ok := errors.AsType[*driver.Raised](err)
		if !ok || raised.Check != "posts.update_to" {
			t.Errorf("%s: got %v", message, err)
		}
	}
}

func TestViolations(t *testing.T) {
	t.Parallel()

	d := openTest(t, nil)
	mustExec(t, d,
		`create table p (id int primary key)`,
		`create table c (id int primary key, p_id int not null constraint c_p_id_fkey references p on delete restrict,
			n int constraint positive check (n > 0), exclude using btree (n with =))`,
		`insert into p values (1)`, `insert into c values (1, 1, 1)`)
	tests := []struct {
		sql  string
		want driver.Violation
	}{
		{"insert into p values (1)", driver.Violation{Kind: driver.Unique, Table: "p", Constraint: "p_pkey"}},
		{"insert into c values (2, 9, 2)", driver.Violation{Kind: driver.ForeignKey, Table: "c", Constraint: "c_p_id_fkey"}},
		{"delete from p", driver.Violation{Kind: driver.ForeignKey, Table: "c", Constraint: "c_p_id_fkey"}},
		{"insert into c values (2, null, 2)", driver.Violation{Kind: driver.NotNull, Table: "c", Columns: []string{"p_id"}}},
		{"insert into c values (2, 1, 0)", driver.Violation{Kind: driver.Check, Table: "c", Constraint: "positive"}},
		{"insert into c values (2, 1, 1)", driver.Violation{Kind: driver.Unique, Table: "c", Constraint: "c_n_excl"}},
	}
	for _, tt := range tests {
		_, err := d.Exec(t.Context(), nil, &driver.Statement{SQL: tt.sql})
		got, ok := errors.AsType[*driver.Violation](err)
		if !ok || got.Kind != tt.want.Kind || got.Table != tt.want.Table || got.Constraint != tt.want.Constraint ||
			!slices.Equal(got.Columns, tt.want.Columns) {
			t.Errorf("%s: got %+v (%v), want %+v", tt.sql, got, err, tt.want)
		}
		if _, ok := errors.AsType[*pgconn.PgError](err); !ok {
			t.Errorf("%s: the database's error is lost", tt.sql)
		}
	}
}

func TestMapError(t *testing.T) {
	t.Parallel()

	for code, want := range map[string]error{
		"40001": driver.ErrRetry, "40P01": driver.ErrRetry,
		"25006": driver.ErrReadOnly, "25P02": driver.ErrTxAborted,
		"53100": driver.ErrFull, "53300": driver.ErrBusy, "53200": driver.ErrUnavailable,
		"57P01": driver.ErrUnavailable, "57P02": driver.ErrUnavailable, "57P03": driver.ErrUnavailable,
		"08006": driver.ErrUnavailable, "55P03": driver.ErrBusy, "57014": driver.ErrTimeout,
		"22003": driver.ErrValue, "22021": driver.ErrValue, "22P05": driver.ErrValue,
	} {
		cause := &pgconn.PgError{Code: code}
		if err := mapError(t.Context(), cause); !errors.Is(err, want) || !errors.Is(err, cause) {
			t.Errorf("%s: got %v, want %v", code, err, want)
		}
	}
	for _, code := range []string{"42601", "42P01", "XX000", "0A000", ""} {
		cause := &pgconn.PgError{Code: code}
		if err := mapError(t.Context(), cause); err != error(cause) {
			t.Errorf("%s: got %v, want it as it is", code, err)
		}
	}
	if err := mapError(t.Context(), sql.ErrTxDone); !errors.Is(err, driver.ErrTxAborted) {
		t.Errorf("a transaction that is over: got %v", err)
	}
}

func TestContextErrors(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{MaxConns: 1})
	sleep := &driver.Statement{SQL: "select pg_sleep(20)::text", Shape: one(driver.KindText)}
	var r driver.Result

	deadline, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := d.Query(deadline, nil, sleep, &r); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, driver.ErrTimeout) {
		t.Errorf("after a deadline: got %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if err := d.Query(cancelled, nil, sleep, &r); !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: got %v", err)
	}
	tx, err := d.Begin(t.Context(), driver.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := d.Query(soon, tx, sleep, &r); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("in a transaction: got %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Errorf("rollback: %v", err)
	}
	if got := mustQuery(t, d, nil, &driver.Statement{SQL: "select 1", Shape: one(driver.KindInt)}); got != `{"v":1}` {
		t.Errorf("the pool's only connection answers %s", got)
	}
}

func TestPoolerTimeout(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{Pooler: true, StatementTimeout: 50 * time.Millisecond})
	var r driver.Result
	err := d.Query(t.Context(), nil, &driver.Statement{SQL: "select pg_sleep(20)::text", Shape: one(driver.KindText)}, &r)
	if !errors.Is(err, driver.ErrTimeout) {
		t.Errorf("got %v, want %v", err, driver.ErrTimeout)
	}
}
