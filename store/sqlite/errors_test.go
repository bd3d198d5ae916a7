package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

func wantError(tb testing.TB, what string, err, want error) {
	tb.Helper()
	if !errors.Is(err, want) {
		tb.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func TestViolations(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	mustExec(t, d, `create table parent (id integer primary key)`)
	mustExec(t, d, `create table t (
		id text primary key, a integer, b integer, c integer not null default 0, "odd name" integer unique,
		parent integer references parent, price integer constraint price_positive check (price > 0),
		unique (a, b))`)
	mustExec(t, d, `create table q (a integer check (a <> 99), name text)`)
	mustExec(t, d, `create unique index q_lower on q (lower(name))`)
	mustExec(t, d, `insert into q (name) values ('x')`)
	mustExec(t, d, `create table r (id integer primary key)`)
	mustExec(t, d, `insert into t (id, a, b, "odd name") values ('x', 1, 2, 3)`)
	mustExec(t, d, `insert into r values (1)`)
	mustExec(t, d, `create trigger r_kept before delete on r begin select raise(abort, 'rows are kept'); end`)
	for _, test := range []struct {
		text string
		want driver.Violation
	}{
		{`insert into t (id) values ('x')`, driver.Violation{Kind: driver.Unique, Table: "t", Columns: []string{"id"}}},
		{`insert into t (id, a, b) values ('y', 1, 2)`, driver.Violation{Kind: driver.Unique, Table: "t", Columns: []string{"a", "b"}}},
		{`insert into q (name) values ('X')`, driver.Violation{Kind: driver.Unique, Constraint: "q_lower"}},
		{`insert into t (id, "odd name") values ('z', 3)`, driver.Violation{Kind: driver.Unique}},
		{`insert into r values (1)`, driver.Violation{Kind: driver.Unique, Table: "r", Columns: []string{"id"}}},
		{`insert into t (id, c) values ('n', null)`, driver.Violation{Kind: driver.NotNull, Table: "t", Columns: []string{"c"}}},
		{`insert into t (id, parent) values ('p', 5)`, driver.Violation{Kind: driver.ForeignKey}},
		{`insert into t (id, price) values ('q', -1)`, driver.Violation{Kind: driver.Check, Constraint: "price_positive"}},
		{`insert into q (a) values (99)`, driver.Violation{Kind: driver.Check}},
		{`delete from r`, driver.Violation{Kind: driver.Check}},
	} {
		_, err := d.Exec(t.Context(), nil, &driver.Statement{SQL: test.text})
		got, ok := errors.AsType[*driver.Violation](err)
		if !ok {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if got.Kind != test.want.Kind || got.Table != test.want.Table || got.Constraint != test.want.Constraint ||
			!slices.Equal(got.Columns, test.want.Columns) || got.Err == nil {
			t.Errorf("%s: %+v, want %+v", test.text, *got, test.want)
		}
	}
}

func TestErrorsOfTheDatabase(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	mustExec(t, d, "create table t (a integer primary key, b blob)")
	mustExec(t, d, "create table s (a integer) strict")

	read := func(text string, args ...any) error {
		return d.Query(t.Context(), nil, &driver.Statement{
			SQL: text, Args: args, Shape: &driver.Shape{Extra: []driver.Kind{driver.KindInt}},
		}, new(driver.Result))
	}
	wantError(t, "text in a strict column", execIn(t, d, nil, "insert into s values ('x')"), driver.ErrValue)
	wantError(t, "text as row id", execIn(t, d, nil, "insert into t (a) values ('x')"), driver.ErrValue)
	wantError(t, "too big", execIn(t, d, nil, "insert into t (b) values (zeroblob(1e10))"), driver.ErrValue)
	wantError(t, "overflow", read("select sum(a) from (select 9223372036854775807 as a union all select 1)"), driver.ErrValue)
	wantError(t, "bad JSON", read("select value from json_each(?1)", "["), driver.ErrValue)
	if err := read("select ?1", struct{}{}); err == nil {
		t.Error("a struct was bound")
	}
	if err := read("select 1, 2"); err == nil {
		t.Error("more columns than the shape has were accepted")
	}
	if err := d.Query(t.Context(), nil, &driver.Statement{SQL: "select 1"}, new(driver.Result)); err == nil {
		t.Error("rows without a shape were accepted")
	}

	// A statement that claims to read and writes.
	ro := begin(t, d, true)
	wantError(t, "write on a reader", execIn(t, d, ro, "insert into t (a) values (1)"), driver.ErrReadOnly)
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	mustExec(t, d, "create table t (b blob)")
	c, err := d.writer.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.text(t.Context(), "pragma max_page_count = 20"); err != nil {
		t.Fatal(err)
	}
	d.writer.release(c)

	w := begin(t, d, false)
	if err := execIn(t, d, w, "insert into t values (x'01')"); err != nil {
		t.Fatal(err)
	}
	wantError(t, "full", execIn(t, d, w, "insert into t values (zeroblob(1000000))"), driver.ErrFull)
	// SQLite may have rolled back by itself; either way nothing may be kept
	// by a transaction that is rolled back.
	if err := w.Rollback(); err != nil {
		t.Error(err)
	}
	if got := value(t, d, nil, "select count(*) from t"); got != "[0]" {
		t.Errorf("rows: %s", got)
	}
	mustExec(t, d, "insert into t values (x'02')")
}

func TestLockOfAnotherProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	// Two databases on one file meet as two processes would.
	d, other := openPath(t, path, &Options{BusyTimeout: 20 * time.Millisecond}), openPath(t, path, nil)
	mustExec(t, d, "create table t (a integer)")
	w := begin(t, other, false)
	_, err := d.Begin(t.Context(), driver.TxOptions{})
	wantError(t, "begin", err, driver.ErrBusy)
	wantError(t, "exec", execIn(t, d, nil, "insert into t values (1)"), driver.ErrBusy)
	if err := w.Rollback(); err != nil {
		t.Fatal(err)
	}
	mustExec(t, d, "insert into t values (1)")

	waiting := openPath(t, path, &Options{BusyTimeout: 10 * time.Second})
	w = begin(t, other, false)
	ended := make(chan error, 1)
	time.AfterFunc(30*time.Millisecond, func() { ended <- w.Rollback() })
	mustExec(t, waiting, "insert into t values (2)")
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestReadOnlyFile(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root may write any file")
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, nil, 0o400); err != nil {
		t.Fatal(err)
	}
	_, err := openDatabase(t.Context(), path, nil)
	wantError(t, "open", err, driver.ErrReadOnly)
}

const endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"

func TestCancelledStatement(t *testing.T) {
	t.Parallel()
	d := openFile(t, &Options{Readers: 1})
	s := &driver.Statement{SQL: endless, Shape: &driver.Shape{Extra: []driver.Kind{driver.KindInt}}}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	err := d.Query(ctx, nil, s, new(driver.Result))
	wantError(t, "cancelled", err, context.Canceled)
	if errors.Is(err, driver.ErrTimeout) {
		t.Errorf("taken for our own limit: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err = d.Query(ctx, nil, s, new(driver.Result))
	wantError(t, "deadline", err, context.DeadlineExceeded)
	if errors.Is(err, driver.ErrTimeout) {
		t.Errorf("taken for our own limit: %v", err)
	}
	before := d.readers.idle[0]
	if got := value(t, d, nil, "select 3"); got != "[3]" {
		t.Error(got)
	}
	if d.readers.idle[0] != before {
		t.Error("the connection was thrown away")
	}
}

func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	// Long enough for the statements that are meant to end, on a busy machine.
	d := openFile(t, &Options{StatementTimeout: 500 * time.Millisecond})
	s := &driver.Statement{SQL: endless, Shape: &driver.Shape{Extra: []driver.Kind{driver.KindInt}}}
	wantError(t, "query", d.Query(t.Context(), nil, s, new(driver.Result)), driver.ErrTimeout)

	// Rows without end: the limit is seen between them.
	s.SQL = strings.Replace(endless, "count(*)", "i", 1)
	wantError(t, "rows", d.Query(t.Context(), nil, s, new(driver.Result)), driver.ErrTimeout)

	// A shorter time of the statement's own, alone and in a transaction.
	begun := time.Now()
	patient := openFile(t, nil)
	s.Timeout = 100 * time.Millisecond
	wantError(t, "own time", patient.Query(t.Context(), nil, s, new(driver.Result)), driver.ErrTimeout)
	tx := begin(t, patient, true)
	wantError(t, "own time in a transaction", patient.Query(t.Context(), tx, s, new(driver.Result)), driver.ErrTimeout)
	if err := tx.Rollback(); err != nil || time.Since(begun) > 20*time.Second {
		t.Errorf("%v after %s", err, time.Since(begun))
	}

	mustExec(t, d, "create table t (a integer)")
	wantError(t, "exec", execIn(t, d, nil, "insert into t "+endless), driver.ErrTimeout)
	if got := value(t, d, nil, "select count(*) from t"); got != "[0]" {
		t.Error(got)
	}
}

// TestWriterTimeout: a caller gives the writer back in time, by each way to have it; the
// application does not.
func TestWriterTimeout(t *testing.T) {
	t.Parallel()
	d := openFile(t, &Options{WriterTimeout: 300 * time.Millisecond, StatementTimeout: -1})
	mustExec(t, d, "create table t (a integer)")
	long := &driver.Statement{SQL: "insert into t " + endless, Write: true, Caller: true}
	_, err := d.Exec(t.Context(), nil, long)
	wantError(t, "exec", err, driver.ErrTimeout)
	wantError(t, "query", d.Query(t.Context(), nil, &driver.Statement{SQL: long.SQL, Write: true, Caller: true, Shape: &driver.Shape{}}, new(driver.Result)), driver.ErrTimeout)
	for _, caller := range []bool{true, false} {
		w, err := d.Begin(t.Context(), driver.TxOptions{Caller: caller})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(400 * time.Millisecond)
		if err := execIn(t, d, w, "insert into t values (1)"); errors.Is(err, driver.ErrTimeout) != caller {
			t.Errorf("of a caller %v: %v", caller, err)
		}
		if err := w.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
}

// Who waits for the writer without limit may have it without limit.
func TestWriterWithoutLimit(t *testing.T) {
	t.Parallel()
	d := openFile(t, &Options{AcquireTimeout: -1})
	if _, err := d.Exec(t.Context(), nil, &driver.Statement{SQL: "create table t (a integer)", Write: true, Caller: true}); err != nil {
		t.Error(err)
	}
}
