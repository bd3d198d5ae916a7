package faults_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Author is written in one statement where the engine can.
type Author struct {
	bun.BaseModel `bun:"table:authors"`
	ID            string  `bun:",pk"`
	Name          string  `bun:",notnull"`
	Books         []*Book `bun:"rel:has-many,join:id=author_id"`
}

// Book goes with its author.
type Book struct {
	bun.BaseModel `bun:"table:books"`
	ID            string  `bun:",pk"`
	AuthorID      string  `bun:",notnull"`
	Title         string  `bun:",notnull"`
	Author        *Author `bun:"rel:belongs-to,join:author_id=id,on_delete:CASCADE"`
}

// Draft has a version, and stays in the table when it is deleted.
type Draft struct {
	bun.BaseModel `bun:"table:drafts"`
	store.Model
	store.SoftDelete
	Text string `bun:",notnull"`
}

// Stock has a hook, so it is written row by row.
type Stock struct {
	bun.BaseModel `bun:"table:stocks"`
	ID            string `bun:",pk"`
	Amount        int64  `bun:",notnull"`
}

var models = []any{Author{}, Book{}, Draft{}, Stock{}}

const (
	draftA = "0198c0de-0000-7000-8000-00000000000a"
	draftB = "0198c0de-0000-7000-8000-00000000000b"
	draftC = "0198c0de-0000-7000-8000-00000000000c" // deleted
	draftD = "0198c0de-0000-7000-8000-00000000000d" // absent
)

// seeds are the rows every attempt begins with.
var seeds = []string{
	"delete from plinth_changes", "delete from plinth_idempotency", "delete from books", "delete from authors", "delete from drafts", "delete from stocks",
	"insert into authors (id, name) values ('a1', 'Ada'), ('a2', 'Bob'), ('a3', 'Cy')",
	"insert into books (id, author_id, title) values ('b1', 'a1', 'One'), ('b2', 'a1', 'Two'), ('b3', 'a2', 'Three')",
	"insert into drafts (id, created_at, updated_at, version, text) values " +
		"('" + draftA + "', '2026-01-01T00:00:00.000000+00:00', '2026-01-01T00:00:00.000000+00:00', 1, 'a'), " +
		"('" + draftB + "', '2026-01-01T00:00:00.000000+00:00', '2026-01-01T00:00:00.000000+00:00', 1, 'b')",
	"insert into drafts (id, created_at, updated_at, version, text, deleted_at) values ('" + draftC +
		"', '2026-01-01T00:00:00.000000+00:00', '2026-01-01T00:00:00.000000+00:00', 1, 'c', '2026-01-01T00:00:00.000000+00:00')",
	"insert into stocks (id, amount) values ('s1', 10), ('s2', 0), ('s3', 0), ('s4', 0)",
}

// questions tell all that a write may change, without times and generated keys.
var questions = []string{
	"select id || ' ' || name as v from authors",
	"select id || ' ' || author_id || ' ' || title as v from books",
	"select text || ' ' || version || case when deleted_at is null then '' else ' deleted' end as v from drafts",
	"select id || ' ' || amount as v from stocks",
	`select tbl || ' ' || op as v from plinth_changes`,
	`select key as v from plinth_idempotency`,
}

// fixture is an application whose statements can fail.
type fixture struct {
	db      *store.DB
	handler http.Handler
	steps   *plan // of the driver's calls
	wire    *plan // of what PostgreSQL is sent; nil on SQLite
}

// engines runs a test with a fixture of its own on each engine.
func engines(t *testing.T, run func(t *testing.T, f *fixture)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f := &fixture{steps: &plan{}}
		f.open(t, "sqlite", filepath.Join(t.TempDir(), "test.db"))
		run(t, f)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f := &fixture{steps: &plan{}, wire: &plan{}}
		f.open(t, "postgres", startProxy(t, pgtest.URL(t), f.wire))
		run(t, f)
	})
}

func (f *fixture) open(tb testing.TB, engine, location string) {
	tb.Helper()
	wrap := func(d driver.Driver) driver.Driver { return faulty{d, f.steps} }
	var err error
	if f.db, err = openDatabase(tb.Context(), engine, location, store.Options{Wrap: wrap}); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = f.db.Close() })
	if f.handler, err = newHandler(f.db); err != nil {
		tb.Fatal(err)
	}
}

// openDatabase opens a database with the tables in it. Several processes may do
// so at once.
func openDatabase(ctx context.Context, engine, location string, opts store.Options) (db *store.DB, err error) {
	if engine == "sqlite" {
		db, err = sqlite.Open(ctx, location, &sqlite.Options{Store: opts, Synchronous: sqlite.SynchronousOff})
	} else {
		db, err = postgres.Open(ctx, location, &postgres.Options{Store: opts})
	}
	if err != nil {
		return nil, err
	}
	if err := db.Register(models...); err != nil {
		return nil, err
	}
	_, err = migrate.Auto(ctx, db)
	return db, err
}

// newHandler returns the application over a database.
func newHandler(db *store.DB) (http.Handler, error) {
	err := store.Before(db, func(_ context.Context, w *store.Write[Stock]) error {
		if w.New != nil && w.New.Amount < 0 {
			return errOutOfStock
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	ann := auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) { return auth.Principal{Kind: auth.User, ID: "ann"}, nil })
	a, err := api.New(db, api.Config{Authenticator: ann, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return nil, err
	}
	open := api.Policy{Read: api.Anyone(), Create: api.Anyone(), Update: api.Anyone(), Delete: api.Anyone(), Restore: api.Anyone()}
	a.Add(
		api.Resource[Author]{Policy: open}, api.Resource[Book]{Policy: open},
		api.Resource[Draft]{Policy: open}, api.Resource[Stock]{Policy: open},
		api.TxFunc("move", api.Anyone(), move), api.TxFunc("reserve", api.Anyone(), reserve),
		api.Func("halves", api.Anyone(), halves(db)),
	)
	return a.Handler()
}

var errOutOfStock = &api.Error{Code: "PT409", Message: "out of stock"}

type moveIn struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Amount int64  `json:"amount"`
}

// move takes from one stock and adds to another.
func move(ctx context.Context, tx *store.Tx, in moveIn) (struct{}, error) {
	err := change(ctx, tx, in.From, -in.Amount)
	if err == nil {
		err = change(ctx, tx, in.To, in.Amount)
	}
	return struct{}{}, err
}

func reserve(ctx context.Context, tx *store.Tx, _ struct{}) (struct{}, error) {
	return struct{}{}, change(ctx, tx, "s1", -1)
}

// change reads a stock and writes another amount. The hook refuses one below
// zero.
func change(ctx context.Context, tx *store.Tx, id string, by int64) error {
	s, err := store.For[Stock](tx).Get(ctx, id)
	if err != nil {
		return err
	}
	s.Amount += by
	return store.For[Stock](tx).Save(ctx, s)
}

// halves writes twice without a transaction, as nobody should.
func halves(db *store.DB) func(context.Context, struct{}) (struct{}, error) {
	return func(ctx context.Context, _ struct{}) (struct{}, error) {
		for _, id := range []string{"h1", "h2"} {
			if err := store.For[Stock](db).Insert(ctx, &Stock{ID: id}); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	}
}

// reset brings the rows back to the seeds.
func (f *fixture) reset(tb testing.TB) {
	tb.Helper()
	for _, s := range seeds {
		if _, err := f.db.Bun().ExecContext(tb.Context(), s); err != nil {
			tb.Fatal(err)
		}
	}
}

// state is all rows as text.
func (f *fixture) state(tb testing.TB) string {
	tb.Helper()
	var b strings.Builder
	for _, q := range questions {
		var lines []string
		if err := f.db.Bun().NewRaw("select v from ("+q+") q order by v").Scan(tb.Context(), &lines); err != nil {
			tb.Fatal(err)
		}
		b.WriteString(strings.Join(lines, "\n") + "\n--\n")
	}
	return b.String()
}
