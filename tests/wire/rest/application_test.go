package rest_test

import (
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/seed-7694ebf6/plinth/store/validate"
)

// part is a part of the application behind the examples. A section that needs
// tables of its own adds one to parts; rows that are added to another part would
// change the answers of its sections.
type part struct {
	models  []any // in an order in which rows can be inserted
	views   []string
	exposed func(*store.DB) []api.Exposed
	fill    func(testing.TB, *store.DB)
}

func parts() []part { return []part{bookshop(), racks(), letters(), bookmarks(), posters(), loans()} }

// application is the application behind the examples, on one engine.
type application struct {
	db      *store.DB
	parts   []part
	handler http.Handler
}

// nobody is the caller who is not signed in.
const nobody = "nobody"

var (
	ann = store.ID{0xa0, 15: 1}
	bob = store.ID{0xb0, 15: 2}
)

// callers are the callers of the examples by name.
func callers() map[string]auth.Principal {
	editor := auth.Principal{Kind: auth.User, ID: ann.String(), Roles: []string{"editor"}}
	return map[string]auth.Principal{"": editor, "bob": {Kind: auth.User, ID: bob.String()}, nobody: {}}
}

// engines runs a test with an application of its own on each engine.
func engines(t *testing.T, run func(*testing.T, *application)) {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
	options := store.Options{Validator: validate.New(), Now: now}
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) { run(t, opened(t, db)) }, storetest.Store(options))
}

// opened makes the tables and the handler of a database, with the rows in it.
func opened(t *testing.T, db *store.DB) *application {
	t.Helper()
	a := &application{db: db, parts: parts()}
	served, err := api.New(db, api.Config{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range a.parts {
		if err := db.Register(p.models...); err != nil {
			t.Fatal(err)
		}
		served.Add(p.exposed(db)...)
	}
	if a.handler, err = served.Handler(); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	for _, p := range a.parts {
		for _, statement := range p.views {
			if _, err := db.Bun().ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	a.fill(t)
	return a
}

func (a *application) fill(t *testing.T) {
	t.Helper()
	for _, p := range a.parts {
		p.fill(t, a.db)
	}
}

// reset makes the tables hold the rows of the parts and nothing else, with the
// next generated keys as at first.
func (a *application) reset(t *testing.T) {
	t.Helper()
	var names, statements []string
	for _, p := range a.parts {
		for _, m := range p.models {
			if table := a.db.Table(m); !table.View {
				names = append(names, table.Name)
			}
		}
	}
	if a.db.Capabilities().Engine == "postgres" {
		statements = []string{"truncate " + strings.Join(names, ", ") + " restart identity"}
	} else {
		for _, name := range slices.Backward(names) {
			statements = append(statements, "delete from "+name)
		}
		statements = append(statements, "delete from sqlite_sequence where name <> 'plinth_changes'")
	}
	tx, err := a.db.Bun().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, s := range statements {
		if _, err := tx.Tx.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%v: %s", err, s)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	a.fill(t)
}

// insert inserts rows as trusted code.
func insert[T any](tb testing.TB, db *store.DB, rows ...*T) {
	tb.Helper()
	for _, r := range rows {
		if err := store.For[T](db).Insert(tb.Context(), r); err != nil {
			tb.Fatalf("insert %+v: %v", *r, err)
		}
	}
}
