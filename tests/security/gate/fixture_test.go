package gate_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/seed-7694ebf6/plinth/store/validate"
)

// models is every model, exposed or not.
var models = []any{User{}, Project{}, Membership{}, Note{}, Tag{}, NoteTag{}, News{}, Suggestion{}, Stock{}}

// fixture is the application under attack, on one engine.
type fixture struct {
	db       *store.DB
	handler  http.Handler
	attempts atomic.Int64 // of the function reserve
}

// engines runs a test with a fixture of its own on each engine.
func engines(t *testing.T, run func(t *testing.T, f *fixture)) {
	t.Helper()
	databases(t, func(t *testing.T, db *store.DB) { run(t, opened(t, db)) })
}

// databases runs a test with an empty database of each engine, both at the same time.
func databases(t *testing.T, run func(t *testing.T, db *store.DB)) {
	t.Helper()
	storetest.Engines(t, pgtest.Source(), run, storetest.Store(options()))
}

// options gives the database the rules of validate tags.
func options() store.Options { return store.Options{Validator: validate.New()} }

func newSQLite(tb testing.TB) *store.DB {
	tb.Helper()
	return storetest.New(tb, storetest.Store(options()))
}

func newPostgres(t *testing.T) *store.DB {
	t.Helper()
	t.Helper()
	return storetest.NewPostgres(t, pgtest.Source(), storetest.Store(options()))
}

// connected returns a database that was opened, until tb ends.
func connected(tb testing.TB, db *store.DB, err error) *store.DB {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func openSQLite(tb testing.TB) *fixture {
	tb.Helper()
	return opened(tb, newSQLite(tb))
}

// opened makes the tables and the handler of a database, with the data in it.
func opened(tb testing.TB, db *store.DB) *fixture {
	tb.Helper()
	if err := db.Register(models...); err != nil {
		tb.Fatal(err)
	}
	if _, err := migrate.Auto(tb.Context(), db); err != nil {
		tb.Fatal(err)
	}
	f := newFixture(tb, db, api.Config{})
	f.reset(tb)
	return f
}

func newFixture(tb testing.TB, db *store.DB, cfg api.Config) *fixture {
	tb.Helper()
	f := &fixture{db: db}
	f.handler = newHandler(tb, db, cfg, f.exposed()...)
	return f
}

// newHandler returns an API, whose log nobody reads unless the configuration has one.
func newHandler(tb testing.TB, db *store.DB, cfg api.Config, exposed ...api.Exposed) http.Handler {
	tb.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	a, err := api.New(db, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	a.Add(exposed...)
	handler, err := a.Handler()
	if err != nil {
		tb.Fatal(err)
	}
	return handler
}

// answers are those of the engines to one request each, by what is asked, then by engine.
type answers struct {
	mu  sync.Mutex
	all map[string]map[string]string
}

// note keeps an answer, and returns the one that the engine has given before.
func (a *answers) note(what string, db *store.DB, text string) (before string, known bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == nil {
		a.all = map[string]map[string]string{}
	}
	if a.all[what] == nil {
		a.all[what] = map[string]string{}
	}
	engine := db.Capabilities().Engine
	before, known = a.all[what][engine]
	a.all[what][engine] = text
	return before, known
}

// wantAlike compares what the engines have answered.
func (a *answers) wantAlike(t *testing.T) {
	t.Helper()
	for what, byEngine := range a.all {
		if texts := slices.Sorted(maps.Values(byEngine)); len(slices.Compact(texts)) > 1 {
			t.Errorf("%s is answered differently: %v", what, byEngine)
		}
	}
}

// exposed returns the resources and functions with their rules.
func (f *fixture) exposed() []api.Exposed {
	admin := api.Role("admin")
	own := api.AnyOf(api.Owner("owner_id"), admin)
	return []api.Exposed{
		api.Resource[User]{Policy: api.Policy{
			Read:   api.AnyOf(api.Owner("id"), api.Where(store.Eq("listed", true)), admin),
			Create: admin, Update: api.AnyOf(api.Owner("id"), admin), Delete: admin, ServiceBypass: true,
		}},
		api.Resource[Project]{Policy: api.Policy{
			Read:   api.AnyOf(api.Related("members", api.Owner("user_id")), admin),
			Create: api.SignedIn(), Update: api.Owner("lead_id"), Delete: api.Owner("lead_id"),
			Preset: map[string]any{"lead_id": store.Var("principal.id")},
			Columns: map[string]api.ColumnRule{
				"budget": {Read: admin, Create: api.SignedIn(), Update: admin},
				"memo":   {Read: admin, Create: api.SignedIn(), Update: admin},
			},
		}},
		api.Resource[Note]{Policy: api.Policy{
			Read:   api.AnyOf(api.Owner("owner_id"), api.Where(store.Eq("status", "shared")), admin),
			Create: api.AllOf(api.SignedIn(), api.AnyOf(api.Where(store.Compare("status", query.OpNeq, "official")), admin)),
			Update: own, UpdateCheck: api.AnyOf(api.AllOf(api.Owner("owner_id"), api.Where(store.Compare("status", query.OpNeq, "official"))), admin),
			Delete: own, Restore: admin,
			Preset:  map[string]any{"owner_id": store.Var("principal.id")},
			Columns: map[string]api.ColumnRule{"margin": {Read: admin, Create: admin, Update: admin}},
		}},
		api.Resource[Tag]{Policy: api.Policy{Read: api.Anyone(), Create: admin, Update: admin, Delete: admin, ServiceBypass: true}},
		api.Resource[NoteTag]{Policy: api.Policy{
			Read:   api.AnyOf(api.Owner("added_by"), api.Where(store.Eq("private", false))),
			Create: api.SignedIn(), Delete: api.Owner("added_by"),
			Preset: map[string]any{"added_by": store.Var("principal.id")},
		}},
		api.Resource[News]{Policy: api.Policy{
			Read: api.AnyOf(api.Where(store.Eq("published", true)), admin), Create: admin, Update: admin, Delete: admin,
		}},
		api.Resource[Suggestion]{Policy: api.Policy{
			Read: api.AnyOf(api.Where(store.Eq("state", "open")), admin), Create: api.SignedIn(), Update: api.SignedIn(), Delete: api.SignedIn(),
		}},
		api.Func("all_suggestions", api.Anyone(), f.allSuggestions),
		api.Func("first_note", api.Anyone(), f.firstNote),
		api.ReadFunc("notes_by", api.Anyone(), f.notesBy),
		api.TxFunc("reserve", api.SignedIn(), f.reserve),
	}
}

// allSuggestions returns every row, and leaves it to the API to send what the
// caller may see.
func (f *fixture) allSuggestions(ctx context.Context, _ struct{}) ([]*Suggestion, error) {
	return store.For[Suggestion](f.db).List(ctx, store.Query{})
}

// firstNote returns one row, of whoever it is.
func (f *fixture) firstNote(ctx context.Context, in struct {
	Slug string `json:"slug" validate:"required"`
},
) (*Note, error) {
	return store.For[Note](f.db).First(store.WithTenant(ctx, tenant1), store.Query{Where: store.Eq("slug", in.Slug)})
}

// notesBy returns rows by name, of whoever they are, in the order of the names.
func (f *fixture) notesBy(ctx context.Context, tx *store.Tx, in struct {
	Slugs []string `json:"slugs"`
},
) (found []Note, err error) {
	for _, slug := range in.Slugs {
		for _, tenant := range []string{tenant1, tenant2} {
			list, err := store.For[Note](tx).List(store.WithTenant(ctx, tenant), store.Query{Where: store.Eq("slug", slug)})
			if err != nil {
				return nil, err
			}
			for _, note := range list {
				found = append(found, *note)
			}
		}
	}
	return found, nil
}

// reserve takes one from the stock if there is one: read, check, write, as an
// application would.
func (f *fixture) reserve(ctx context.Context, tx *store.Tx, _ struct{}) (struct {
	Left int64 `json:"left"`
}, error,
) {
	f.attempts.Add(1)
	out := struct {
		Left int64 `json:"left"`
	}{}
	stock, err := store.For[Stock](tx).Get(ctx, int64(1))
	if err != nil {
		return out, err
	}
	if stock.Left == 0 {
		return out, &api.Error{Code: "PT409", Message: "sold out"}
	}
	stock.Left--
	out.Left = stock.Left
	return out, store.For[Stock](tx).Save(ctx, stock)
}

// newClient returns a client without a credential.
func newClient(tb testing.TB, f *fixture) apitest.Client {
	return apitest.New(tb, f.handler).With("Accept", "application/json")
}

// as returns a client for a caller.
func (f *fixture) as(tb testing.TB, p auth.Principal) apitest.Client {
	return apitest.New(tb, f.handler).As(p)
}

// reset makes the tables hold the data and nothing else.
func (f *fixture) reset(tb testing.TB) {
	tb.Helper()
	var sql []string
	for i := len(tables) - 1; i >= 0; i-- {
		sql = append(sql, "delete from "+tables[i].name)
	}
	sql = append(sql, "delete from plinth_changes")
	for _, t := range tables {
		sql = append(sql, t.insert())
	}
	if f.db.Capabilities().Engine == "postgres" {
		sql = append(sql, "select setval(pg_get_serial_sequence('tags', 'id'), 100)")
	}
	f.exec(tb, sql...)
}

// exec runs statements as one transaction of trusted code.
func (f *fixture) exec(tb testing.TB, statements ...string) {
	tb.Helper()
	ctx := tb.Context()
	tx, err := f.db.Bun().BeginTx(ctx, nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, s := range statements {
		if _, err := tx.Tx.ExecContext(ctx, s); err != nil {
			tb.Fatalf("%v: %s", err, s)
		}
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
}

// dump returns every byte of every table, past all rules, and how much the change
// log holds.
func (f *fixture) dump(tb testing.TB) string {
	tb.Helper()
	var b strings.Builder
	for _, t := range tables {
		b.WriteString(t.name + "\n" + f.rows(tb, "select * from "+t.name))
	}
	b.WriteString("changes\n" + f.rows(tb, "select count(*) from plinth_changes"))
	return b.String()
}

// rows returns what a query finds, one line for each row, sorted.
func (f *fixture) rows(tb testing.TB, query string) string {
	tb.Helper()
	found, err := f.db.Bun().DB.QueryContext(tb.Context(), query)
	if err != nil {
		tb.Fatalf("%v: %s", err, query)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		tb.Fatal(err)
	}
	var lines []string
	for found.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := found.Scan(values...); err != nil {
			tb.Fatal(err)
		}
		line := ""
		for i, v := range values {
			line += fmt.Sprintf(" %s=%q", columns[i], fmt.Sprint(*v.(*any)))
		}
		lines = append(lines, line+"\n")
	}
	if err := found.Err(); err != nil {
		tb.Fatal(err)
	}
	sort.Strings(lines)
	return strings.Join(lines, "")
}
