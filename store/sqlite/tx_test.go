package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

func TestTransaction(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"file", memoryPath} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			d := openFile(t, nil)
			if path == memoryPath {
				d = openPath(t, path, nil)
			}
			mustExec(t, d, "create table t (a integer)")
			w := begin(t, d, false)
			for i := range 2 {
				if err := execIn(t, d, w, "insert into t values (?1)", int64(i)); err != nil {
					t.Fatal(err)
				}
			}
			if got := value(t, d, w, "select count(*) from t"); got != "[2]" {
				t.Errorf("inside: %s", got)
			}
			for _, text := range []string{"savepoint p", "delete from t", "rollback to savepoint p", "release savepoint p"} {
				if err := execIn(t, d, w, text); err != nil {
					t.Fatalf("%s: %v", text, err)
				}
			}
			if err := w.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := w.Rollback(); err != nil {
				t.Errorf("Rollback after Commit: %v", err)
			}
			wantError(t, "statement after the end", execIn(t, d, w, "delete from t"), sql.ErrTxDone)
			wantError(t, "second Commit", w.Commit(t.Context()), sql.ErrTxDone)
			if got := value(t, d, nil, "select count(*) from t"); got != "[2]" {
				t.Errorf("after: %s", got)
			}

			w = begin(t, d, false)
			if err := execIn(t, d, w, "delete from t"); err != nil {
				t.Fatal(err)
			}
			if err := w.Rollback(); err != nil {
				t.Fatal(err)
			}
			if got := value(t, d, nil, "select count(*) from t"); got != "[2]" {
				t.Errorf("after Rollback: %s", got)
			}
		})
	}
}

func TestReaderKeepsItsSnapshot(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	mustExec(t, d, "create table t (a integer)")
	ro := begin(t, d, true)
	const count = "select count(*) from t"
	if got := value(t, d, ro, count); got != "[0]" {
		t.Fatal(got)
	}
	mustExec(t, d, "insert into t values (1)") // does not wait for the reader
	if got := value(t, d, ro, count); got != "[0]" {
		t.Errorf("the transaction sees %s", got)
	}
	if got := value(t, d, nil, count); got != "[1]" {
		t.Errorf("others see %s", got)
	}
}

func TestCommitOfACancelledContext(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	mustExec(t, d, "create table t (a integer)")
	ctx, cancel := context.WithCancel(t.Context())
	w, err := d.Begin(ctx, driver.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := execIn(t, d, w, "insert into t values (1)"); err != nil {
		t.Fatal(err)
	}
	cancel()
	wantError(t, "commit", w.Commit(ctx), context.Canceled)
	if got := value(t, d, nil, "select count(*) from t"); got != "[0]" {
		t.Errorf("rows: %s", got)
	}
	mustExec(t, d, "insert into t values (2)") // the writer is free
}

func TestCommitThatFails(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	mustExec(t, d, "create table p (id integer primary key)")
	mustExec(t, d, "create table c (p integer references p deferrable initially deferred)")
	w := begin(t, d, false)
	if err := execIn(t, d, w, "insert into c values (5)"); err != nil {
		t.Fatal(err)
	}
	v, ok := errors.AsType[*driver.Violation](w.Commit(t.Context()))
	if !ok || v.Kind != driver.ForeignKey {
		t.Errorf("commit: %v", v)
	}
	if got := value(t, d, nil, "select count(*) from c"); got != "[0]" {
		t.Errorf("rows: %s", got)
	}
	mustExec(t, d, "insert into p values (5)")
}

// SQLite ends a transaction by itself when one of its writes is interrupted; what
// follows must not run outside of it.
func TestTransactionThatSQLiteRolledBack(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	mustExec(t, d, "create table t (a integer)")
	w := begin(t, d, false)
	if err := execIn(t, d, w, "insert into t values (1)"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := d.Exec(ctx, w, &driver.Statement{SQL: "insert into t " + endless})
	wantError(t, "interrupted", err, context.DeadlineExceeded)
	wantError(t, "next statement", execIn(t, d, w, "insert into t values (2)"), driver.ErrTxAborted)
	_, err = w.SQL().ExecContext(t.Context(), "insert into t values (3)")
	wantError(t, "through database/sql", err, driver.ErrTxAborted)
	wantError(t, "commit", w.Commit(t.Context()), driver.ErrTxAborted)
	if got := value(t, d, nil, "select count(*) from t"); got != "[0]" {
		t.Errorf("rows: %s", got)
	}
	mustExec(t, d, "insert into t values (4)")
}

func TestTransactionForOtherLibraries(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	mustExec(t, d, "create table t (at text, b integer)")
	w := begin(t, d, false)
	other := w.SQL()
	if w.SQL() != other {
		t.Error("two transactions for one")
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if _, err := other.ExecContext(t.Context(), "insert into t values (?, ?)", at, sql.NullBool{Bool: true, Valid: true}); err != nil {
		t.Fatal(err)
	}
	kinds := []driver.Kind{driver.KindTimestamp, driver.KindBool}
	if got := values(t, d, w, kinds, "select at, b from t"); got != `["2026-01-02T03:04:05.000000+00:00",true]` {
		t.Errorf("inside: %s", got)
	}
	stmt, err := other.PrepareContext(t.Context(), "select count(*) from t where at = ?")
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := stmt.QueryRowContext(t.Context(), at).Scan(&n); err != nil || n != 1 {
		t.Errorf("count %d, %v", n, err)
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := other.ExecContext(t.Context(), "delete from t"); !errors.Is(err, sql.ErrTxDone) {
		t.Errorf("use after the end: %v", err)
	}

	w = begin(t, d, false)
	if _, err := w.SQL().ExecContext(t.Context(), "delete from t"); err != nil {
		t.Fatal(err)
	}
	if err := w.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := value(t, d, nil, "select count(*) from t"); got != "[1]" {
		t.Errorf("after Rollback: %s", got)
	}

	w = begin(t, d, false)
	if err := w.SQL().Rollback(); err != nil { // they must not, but may
		t.Fatal(err)
	}
	wantError(t, "ended elsewhere", execIn(t, d, w, "delete from t"), sql.ErrTxDone)
	wantError(t, "commit", w.Commit(t.Context()), sql.ErrTxDone)
	mustExec(t, d, "delete from t")
}

func TestWritersWaitInLine(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	first := begin(t, d, false)

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := d.Begin(ctx, driver.TxOptions{})
	wantError(t, "waiting", err, context.DeadlineExceeded)

	var order []int
	var mu sync.Mutex
	var wg sync.WaitGroup
	const writers = 6
	for i := range writers {
		wg.Go(func() {
			c, err := d.Begin(t.Context(), driver.TxOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			order = append(order, i)
			mu.Unlock()
			if err := c.Rollback(); err != nil {
				t.Error(err)
			}
		})
		waiting := func(p driver.PoolStats) bool { return p.Waiting == i+1 }
		programtest.Until(t, 20*time.Second, fmt.Sprintf("writer %d waits", i), func() bool { return slices.ContainsFunc(d.Stats(), waiting) })
		time.Sleep(5 * time.Millisecond) // it is counted a moment before it stands in line
	}
	if err := first.Rollback(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if !slices.IsSorted(order) || len(order) != writers {
		t.Errorf("order of turns: %v", order)
	}
}

// Readers and writers at once: no lock is ever seen, every read sees whole
// transactions, nothing is lost.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	d := openFile(t, &Options{Readers: 8, Synchronous: SynchronousNormal})
	mustExec(t, d, "create table account (id integer primary key, balance integer not null)")
	mustExec(t, d, "insert into account values (1, 1000), (2, 1000)")
	stop := make(chan struct{})
	var readers, writers sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	for range 8 {
		readers.Go(func() {
			s := &driver.Statement{SQL: "select sum(balance) from account", Shape: &driver.Shape{Extra: []driver.Kind{driver.KindInt}}}
			var r driver.Result
			for {
				select {
				case <-stop:
					return
				default:
				}
				r.Reset()
				start := time.Now()
				if err := d.Query(t.Context(), nil, s, &r); err != nil || string(r.Extra) != "[2000]" {
					t.Errorf("sum %s, %v", r.Extra, err)
					return
				}
				mu.Lock()
				took = append(took, time.Since(start))
				mu.Unlock()
			}
		})
	}
	const perWriter = 50
	for range 4 {
		writers.Go(func() {
			for range perWriter {
				if err := transfer(t.Context(), d); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	if got, want := value(t, d, nil, "select balance from account where id = 1"), fmt.Sprintf("[%d]", 1000-4*perWriter); got != want {
		t.Errorf("balance %s, want %s", got, want)
	}
	slices.Sort(took)
	if p99 := took[len(took)*99/100]; p99 > programtest.Within(time.Second) {
		t.Errorf("p99 of %d reads: %v", len(took), p99)
	}
}

func transfer(ctx context.Context, d *database) (err error) {
	c, err := d.Begin(ctx, driver.TxOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Rollback()) }()
	for _, text := range []string{
		"update account set balance = balance - 1 where id = 1",
		"update account set balance = balance + 1 where id = 2",
	} {
		if _, err := d.Exec(ctx, c, &driver.Statement{SQL: text}); err != nil {
			return err
		}
	}
	return c.Commit(ctx)
}

func TestPanicInATransaction(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	mustExec(t, d, "create table t (a integer)")
	func() {
		defer func() { _ = recover() }()
		w := begin(t, d, false)
		defer func() {
			if err := w.Rollback(); err != nil {
				t.Error(err)
			}
		}()
		if err := execIn(t, d, w, "insert into t values (1)"); err != nil {
			t.Error(err)
		}
		panic("of the application")
	}()
	if got := value(t, d, nil, "select count(*) from t"); got != "[0]" {
		t.Errorf("rows: %s", got)
	}
	mustExec(t, d, "insert into t values (2)")
}

// A connection that comes back with an open transaction does not keep it.
func TestReleaseRollsBack(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	mustExec(t, d, "create table t (a integer)")
	c, err := d.writer.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.begin(beginWrite); err != nil {
		t.Fatal(err)
	}
	if _, err := c.exec(t.Context(), &driver.Statement{SQL: "insert into t values (1)"}); err != nil {
		t.Fatal(err)
	}
	d.writer.release(c)
	if got := mustExec(t, d, "insert into t values (2)"); got != 1 {
		t.Errorf("changed %d rows", got)
	}
	if got := value(t, d, nil, "select count(*) from t"); got != "[1]" {
		t.Errorf("rows: %s", got)
	}
}
