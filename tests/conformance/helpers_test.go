package conformance_test

import (
	"errors"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// insert writes rows one by one.
func insert[T any](t *testing.T, s store.Session, rows ...*T) {
	t.Helper()
	for _, row := range rows {
		if err := store.For[T](s).Insert(t.Context(), row); err != nil {
			t.Fatalf("insert %+v: %v", *row, err)
		}
	}
}

// gateOf returns the gate of trusted code to a model's table.
func gateOf[T any](db *store.DB) access.Gate {
	var model T
	return access.Trusted(db, db.Table(model))
}

func scopedGate[T any](db *store.DB, scope *store.Scope) access.Gate {
	var model T
	return access.New(db, db.Table(model), scope)
}

// read returns the JSON of a query's rows as an array.
func read(t *testing.T, g access.Gate, q query.Query) string {
	t.Helper()
	var out query.Rows
	if err := g.Read(t.Context(), &q, query.ReadOptions{}, &out); err != nil {
		t.Fatalf("read: %v", err)
	}
	return "[" + string(out.Body) + "]"
}

// wantRead compares the JSON of a query's rows, byte by byte.
func wantRead(t *testing.T, g access.Gate, q query.Query, want string) {
	t.Helper()
	if got := read(t, g, q); got != want {
		t.Errorf("read\n got %s\nwant %s", got, want)
	}
}

// readError returns the error of a query.
func readError(t *testing.T, g access.Gate, q query.Query) error {
	t.Helper()
	var out query.Rows
	return g.Read(t.Context(), &q, query.ReadOptions{}, &out)
}

// post inserts a JSON body and returns the JSON of the written rows.
func post(t *testing.T, g access.Gate, body string, ret *query.Query) (string, error) {
	t.Helper()
	in, err := g.DecodeInput([]byte(body), access.InputOptions{})
	if err != nil {
		return "", err
	}
	var out query.Rows
	err = g.Insert(t.Context(), in, query.WriteOptions{Return: ret}, &out)
	return "[" + string(out.Body) + "]", err
}

// patch updates rows by a JSON body and returns their number.
func patch(t *testing.T, g access.Gate, body string, where store.Cond) (int, error) {
	t.Helper()
	p, err := g.DecodePatch([]byte(body), nil)
	if err != nil {
		return 0, err
	}
	var out query.Rows
	err = g.Update(t.Context(), p, where, query.WriteOptions{}, &out)
	return out.Count, err
}

// upsert writes a JSON body over what exists and returns the JSON of the
// written rows and how many are new.
func upsert(t *testing.T, g access.Gate, body string, opts query.UpsertOptions) (string, int, error) {
	t.Helper()
	in, err := g.DecodeInput([]byte(body), access.InputOptions{Upsert: true})
	if err != nil {
		return "", 0, err
	}
	if opts.Return == nil {
		opts.Return = &query.Query{}
	}
	var out query.Rows
	err = g.Upsert(t.Context(), in, opts, &out)
	return "[" + string(out.Body) + "]", out.Inserted, err
}

// columns selects columns by name.
func columns(names ...string) []query.Selected {
	list := make([]query.Selected, len(names))
	for i, name := range names {
		list[i].Column = name
	}
	return list
}

// wantCode checks the code of an error.
func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	if got := problem.Code(err); got != code {
		t.Errorf("%s: error %v has code %q, want %s", what, err, got, code)
	}
}

// wantIs checks an error by errors.Is.
func wantIs(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: error %v, want %v", what, err, target)
	}
}

// value ends the test where there is an error.
func value[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
