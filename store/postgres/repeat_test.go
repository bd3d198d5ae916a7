package postgres

import (
	"errors"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// TestStalePlan changes a column's type under a prepared statement.
func TestStalePlan(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{MaxConns: 1})
	mustExec(t, d, "create table n (v int)", "insert into n values (1)")
	s := &driver.Statement{SQL: "select v from n", Shape: one(driver.KindInt)}
	for _, change := range []string{"alter table n alter v type bigint", "discard all", "deallocate all"} {
		mustQuery(t, d, nil, s)
		mustExec(t, d, change)
		if got := mustQuery(t, d, nil, s); got != `{"v":1}` {
			t.Errorf("after %s: got %s", change, got)
		}
	}
}

// TestStalePlanInTransaction cannot repeat the statement, but the transaction.
func TestStalePlanInTransaction(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{MaxConns: 1})
	mustExec(t, d, "create table n (v int)", "insert into n values (1)")
	s := &driver.Statement{SQL: "select v from n", Shape: one(driver.KindInt)}
	mustQuery(t, d, nil, s)
	mustExec(t, d, "alter table n alter v type bigint")
	for attempt := range 2 {
		tx, err := d.Begin(t.Context(), driver.TxOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var r driver.Result
		err = d.Query(t.Context(), tx, s, &r)
		if attempt == 0 && !errors.Is(err, driver.ErrRetry) || attempt == 1 && err != nil {
			t.Errorf("attempt %d: got %v", attempt, err)
		}
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}
}

// TestRepeatKeepsNothing fails after rows were appended.
func TestRepeatKeepsNothing(t *testing.T) {
	t.Parallel()

	d := openTest(t, nil)
	r := driver.Result{Body: []byte(`{"v":0}`), Extra: []byte(`[0]`), Rows: 1, Total: 4}
	shape := &driver.Shape{Members: []driver.Member{{Key: `"v":`, Kind: driver.KindInt}}, Extra: []driver.Kind{driver.KindInt}, EachExtra: true}
	c := newCall(t.Context(), d, &driver.Statement{SQL: "select g, g from generate_series(1, 3) g", Shape: shape}, &r)
	defer c.free()
	for range 2 {
		if err := d.once(c); err != nil {
			t.Fatal(err)
		}
		if got, want := string(r.Body), `{"v":0},{"v":1},{"v":2},{"v":3}`; got != want {
			t.Fatalf("body is %s, want %s", got, want)
		}
		c.rewind()
	}
	if string(r.Body) != `{"v":0}` || string(r.Extra) != `[0]` || r.Rows != 1 || r.Total != 4 {
		t.Errorf("after rewind: %s %s %d %d", r.Body, r.Extra, r.Rows, r.Total)
	}
}

func TestIsRead(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]bool{
		"select 1": true, "SELECT 1": true, "": false, "select": false, "selects": false,
		"with a as (select 1) select 1": false, "insert into n values (1)": false, "update n set v = 1": false, "delete from n": false,
	} {
		if isRead(text) != want {
			t.Errorf("%q: got %t", text, !want)
		}
	}
}
