package conformance_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// wide has a large text and a small number beside it.
type wide struct {
	bun.BaseModel `bun:"table:wides"`
	ID            int64   `bun:",pk"`
	N             int64   `bun:",notnull"`
	Text          string  `bun:",notnull"`
	Note          *string //
}

const wideText = 100 << 10

// limitedLog bounds the log at less than five rows of that size.
func limitedLog() store.Options { return store.Options{MaxLogBytes: 5*wideText - 1000} }

// testLogLimit writes rows of 100 kB in requests, which may log less than five of them, in
// one statement, in one transaction and outside of requests.
func testLogLimit(t *testing.T, db *store.DB) {
	scope := scopeOf("ann", "", open(t, db.Table(wide{})))
	request := store.WithScope(t.Context(), scope)
	trusted, limited := store.For[wide](db), store.For[wide](db).As(scope)
	text := strings.Repeat("x", wideText)
	for id := range int64(6) {
		insert(t, db, &wide{ID: id, Text: text}) // outside of a request
	}
	logged(t, db)
	tooMuch := func(name string, err error) {
		t.Helper()
		if limit := (*fault.LimitError)(nil); !errors.As(err, &limit) || !strings.Contains(limit.Name, "change log") {
			t.Errorf("%s: %v", name, err)
		}
		if lines := logged(t, db); len(lines) > 0 {
			t.Errorf("%s: %d changes in the log", name, len(lines))
		}
	}
	touch := store.SetTo("n", 1)
	_, err := limited.PatchWhere(t.Context(), store.True(), touch)
	tooMuch("scoped", err)
	_, err = trusted.PatchWhere(request, store.True(), touch)
	tooMuch("trusted inside a request", err)
	_, err = limited.DeleteWhere(t.Context(), store.True())
	tooMuch("delete", err)
	inTx := func(ctx context.Context) error {
		return db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			for id := range int64(6) {
				if id%2 == 1 { // row by row from Go, where others are one statement on PostgreSQL
					if err := store.For[wide](tx).Upsert(ctx, &wide{ID: id, N: 1, Text: text}); err != nil {
						return err
					}
				} else if _, err := store.For[wide](tx).Patch(ctx, id, touch); err != nil {
					return err
				}
			}
			return nil
		})
	}
	tooMuch("step by step in a transaction", inTx(request))
	if n := value(trusted.Count(t.Context(), store.Eq("n", 1)))(t); n != 0 {
		t.Errorf("%d rows were written", n)
	}
	if err := inTx(t.Context()); err != nil {
		t.Errorf("outside of a request: %v", err)
	}
	if n := len(logged(t, db)); n != 6 {
		t.Errorf("outside of a request: %d changes", n)
	}
	for range 2 { // each write has the whole limit
		if n, err := limited.PatchWhere(t.Context(), store.Compare("id", query.OpLt, 4), touch); n != 4 || err != nil {
			t.Errorf("four rows: %d, %v", n, err)
		}
	}
	if n := len(logged(t, db)); n != 8 {
		t.Errorf("four rows twice: %d changes", n)
	}
}

// testLogPartial looks at what the log stores of an update: large values that stay are
// not repeated, and readers get whole rows nevertheless.
func testLogPartial(t *testing.T, db *store.DB) {
	text, note := strings.Repeat("x", 2000), "n"
	insert(t, db, &wide{ID: 1, Text: text, Note: &note})
	value(store.For[wide](db).Patch(t.Context(), 1, store.SetTo("n", 7), store.SetTo("note", nil)))(t)
	logged(t, db)
	var stored struct {
		New  string
		Size int
	}
	if err := db.Bun().NewRaw("select cast(new as text) as new, size from plinth_changes where op = 'update'").Scan(t.Context(), &stored); err != nil {
		t.Fatal(err)
	}
	if len(stored.New) > 100 || !strings.Contains(stored.New, "null") {
		t.Errorf("the log stores %d bytes: %.100s", len(stored.New), stored.New)
	}
	if stored.Size < 2000 || stored.Size > 2400 {
		t.Errorf("the size of the change is %d", stored.Size)
	}
	var seen []changelog.Change
	reader := changelog.Open(db, "whole", &changelog.Options{Start: changelog.FromStart})
	if _, err := reader.Drain(t.Context(), func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
		seen = append(seen, batch...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	was, is, err := changelog.Rows[wide](db, seen[len(seen)-1])
	if err != nil || was == nil || is == nil || was.Text != text || is.Text != text || was.N != 0 || is.N != 7 || is.Note != nil || *was.Note != note {
		t.Errorf("the reader gets %+v and %+v, %v", was, is, err)
	}
	want := `{"id":1,"n":7,"text":"` + text + `","note":null}`
	if got := string(seen[len(seen)-1].New); got != want {
		t.Errorf("new is %.80s ... %.40s", got, got[len(got)-40:])
	}
}
