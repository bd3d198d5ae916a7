package parity_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/seed-7694ebf6/plinth/store/validate"
)

// application is the one application, on one engine.
type application struct {
	engine  string
	db      *store.DB
	handler http.Handler
}

// pair is the application on both engines. Their clock is the test's, so that
// times in rows are the same.
type pair struct {
	sqlite, postgres *application
	clock            atomic.Int64 // seconds since clockStart
}

var clockStart = time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC)

func (p *pair) now() time.Time { return clockStart.Add(time.Duration(p.clock.Load()) * time.Second) }

// openPair opens both applications with the same rows.
func openPair(t *testing.T, seed uint64) *pair {
	t.Helper()
	p := &pair{}
	options := store.Options{Validator: validate.New(), Now: p.now}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), &sqlite.Options{Store: options, Synchronous: sqlite.SynchronousOff})
	p.sqlite = opened(t, "sqlite", db, err)
	db, err = postgres.Open(t.Context(), pgtest.URL(t), &postgres.Options{Store: options})
	p.postgres = opened(t, "postgres", db, err)
	for _, a := range []*application{p.sqlite, p.postgres} {
		fill(t, a.db, seed)
	}
	return p
}

// opened makes the tables and the handler. The secret that authenticates cursors
// and hashes answers is random in each database; here both get the same, so that
// cursors and entity tags can be compared byte for byte.
func opened(t *testing.T, engine string, db *store.DB, err error) *application {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Register(models...); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	secret := fmt.Sprintf("update plinth_settings set value = '%s' where name = 'cursor_key'", strings.Repeat("5eed", 16))
	if _, err := db.Bun().ExecContext(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	served, err := api.New(db, api.Config{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	served.Add(exposed(db)...)
	a := &application{engine: engine, db: db}
	if a.handler, err = served.Handler(); err != nil {
		t.Fatal(err)
	}
	return a
}

// The callers. Ann may edit, bob and eve own memos, and only ann and bob belong
// to a tenant.
var (
	ann = store.ID{0xa0, 15: 1}
	bob = store.ID{0xb0, 15: 2}
	eve = store.ID{0xe0, 15: 3}

	callers = map[string]auth.Principal{
		"ann":     {Kind: auth.User, ID: ann.String(), Roles: []string{"editor"}, Tenant: "north"},
		"bob":     {Kind: auth.User, ID: bob.String(), Tenant: "south"},
		"eve":     {Kind: auth.User, ID: eve.String()},
		"service": {Kind: auth.Service, ID: "service"},
		"nobody":  {},
	}
)

// exposed is what the application serves, under its rules.
func exposed(db *store.DB) []api.Exposed {
	editor := api.Role("editor")
	edited := api.Policy{Read: api.Anyone(), Create: editor, Update: editor, Delete: editor, ServiceBypass: true}
	things := edited
	things.Read = api.AnyOf(editor, api.Where(store.Eq("flag", true)), api.Where(store.Compare("num", query.OpGte, int64(0))), api.Related("shelf", api.Where(store.Eq("floor", int64(1)))))
	things.Create = api.SignedIn()
	things.Update = api.AnyOf(editor, api.Where(store.Eq("flag", true)))
	things.Columns = map[string]api.ColumnRule{"cost": {Read: editor, Create: editor, Update: editor}}
	links := edited
	links.Read = api.AnyOf(editor, api.Where(store.Eq("shown", true)))
	memos := api.OwnedBy("owner_id")
	memos.Read = api.AnyOf(memos.Read, api.Where(store.Eq("open", true)), editor)
	tickets := api.Policy{Read: api.SignedIn(), Create: api.SignedIn(), Update: api.SignedIn(), Delete: editor}
	return append([]api.Exposed{
		api.Resource[Thing]{Policy: things},
		api.Resource[Shelf]{Policy: edited},
		api.Resource[Label]{Policy: edited},
		api.Resource[ThingLabel]{Policy: links},
		api.Resource[Memo]{Policy: memos},
		api.Resource[Ticket]{Policy: tickets},
	}, functions(db)...)
}
