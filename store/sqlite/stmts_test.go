package sqlite

import (
	"fmt"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

func TestStatementsAreKeptAndEvicted(t *testing.T) {
	t.Parallel()
	d := openFile(t, &Options{StatementCache: 3, Readers: 1})
	for i := range 10 {
		// "select 0" stays because it is used again and again.
		for _, n := range []int{0, i} {
			if got, want := value(t, d, nil, fmt.Sprintf("select %d", n)), fmt.Sprintf("[%d]", n); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
	}
	c := d.readers.idle[0]
	if len(c.stmts.byText) != 3 || c.stmts.recent.Len() != 3 {
		t.Errorf("kept %d texts, %d statements", len(c.stmts.byText), c.stmts.recent.Len())
	}
	for _, text := range []string{"select 0", "select 8", "select 9"} {
		if c.stmts.byText[text] == nil {
			t.Errorf("%q was thrown out", text)
		}
	}
}

func TestKeptStatementsSurviveSchemaChanges(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	mustExec(t, d, "create table t (a integer)")
	mustExec(t, d, "insert into t values (1)")
	const read = "select a from t"
	if got := value(t, d, nil, read); got != "[1]" {
		t.Fatal(got)
	}
	mustExec(t, d, "drop table t")
	mustExec(t, d, "create table t (z text, a integer)")
	mustExec(t, d, "insert into t values ('x', 2)")
	if got := value(t, d, nil, read); got != "[2]" {
		t.Errorf("after the change: %s", got)
	}
}

func TestStatementThatCannotBePrepared(t *testing.T) {
	t.Parallel()
	d := openFile(t, &Options{Readers: 1})
	var r driver.Result
	s := &driver.Statement{SQL: "select nothing from nowhere", Shape: &driver.Shape{}}
	for range 3 {
		if err := d.Query(t.Context(), nil, s, &r); err == nil {
			t.Fatal("no error")
		}
	}
	if n := len(d.readers.idle[0].stmts.byText); n != 0 {
		t.Errorf("%d statements kept", n)
	}
	if got := value(t, d, nil, "select 5"); got != "[5]" {
		t.Error(got)
	}
}
