package prometheus_test

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/middleware/prometheus"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/uptrace/bun"
)

type note struct {
	bun.BaseModel `bun:"table:notes"`
	ID            int64  `bun:",pk,autoincrement"`
	Title         string `bun:",notnull,unique"`
}

// watched opens a database and counts its statements and pools.
func watched(t *testing.T) (*prometheus.Metrics, *store.DB) {
	t.Helper()
	m := must(prometheus.New(prometheus.Options{}))
	db, err := sqlite.Open(t.Context(), ":memory:", &sqlite.Options{Store: store.Options{Tracers: []store.Tracer{m.Tracer("main")}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Register((*note)(nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	m.Database("main", db)
	return m, db
}

func TestStatements(t *testing.T) {
	t.Parallel()
	m, db := watched(t)
	notes := store.For[note](db)
	for i, title := range []string{"a", "b", "c", "a"} {
		if err := notes.Insert(t.Context(), &note{Title: title}); (err != nil) != (i == 3) {
			t.Fatalf("%d: %v", i, err)
		}
	}
	for range 2 {
		if _, err := notes.List(t.Context(), store.Query{}); err != nil {
			t.Fatal(err)
		}
	}
	durations := values(t, m, "plinth_db_statement_duration_seconds")
	if durations["database=main,operation=insert,table=notes"] != 4 || durations["database=main,operation=select,table=notes"] != 2 {
		t.Errorf("durations %v", durations)
	}
	if rows := values(t, m, "plinth_db_statement_rows_total"); rows["database=main,operation=select,table=notes"] != 6 {
		t.Errorf("rows %v", rows)
	}
	if failed := values(t, m, "plinth_db_statement_errors_total"); failed["database=main,error=constraint,operation=insert,table=notes"] != 1 {
		t.Errorf("errors %v", failed)
	}
	if s := sum(t, m, "plinth_db_statement_duration_seconds"); s <= 0 {
		t.Errorf("they took %v seconds", s)
	}
}

// leaveBehind lets a reader of the change log stop two changes before the end.
func leaveBehind(t *testing.T, db *store.DB) {
	t.Helper()
	insert := func(title string) {
		if err := store.For[note](db).Insert(t.Context(), &note{Title: title}); err != nil {
			t.Fatal(err)
		}
	}
	insert("read")
	enough := errors.New("enough")
	first := make(chan struct{})
	ended := make(chan error, 1)
	calls := 0
	go func() {
		ended <- changelog.Open(db, "audit", &changelog.Options{Start: changelog.FromStart, BatchSize: 1}).Run(t.Context(), func(context.Context, *store.Tx, []changelog.Change) error {
			if calls++; calls == 1 {
				close(first)
				return nil
			}
			return enough
		})
	}()
	<-first
	insert("waits")
	if err := <-ended; !errors.Is(err, enough) {
		t.Fatal(err)
	}
	insert("waits too")
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	m, db := watched(t)
	leaveBehind(t, db)
	for _, pool := range db.Stats().Pools {
		if got := values(t, m, "plinth_db_connections_max")["database=main,pool="+pool.Name]; got != float64(pool.Max) || got == 0 {
			t.Errorf("%s has %v connections, want %d", pool.Name, got, pool.Max)
		}
	}
	if up := values(t, m, "plinth_db_reader_lags_up"); up["database=main"] != 1 {
		t.Errorf("up: %v", up)
	}
	const reader = "database=main,reader=audit"
	lag, age, moved := values(t, m, "plinth_db_reader_lag_changes"), values(t, m, "plinth_db_reader_lag_seconds"), values(t, m, "plinth_db_reader_moved_timestamp_seconds")
	if lag[reader] != 2 || age[reader] < 0 || age[reader] > 60 || moved[reader] < 1.7e9 {
		t.Errorf("%v changes of %v seconds wait since %v", lag, age, moved)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	other := must(prometheus.New(prometheus.Options{}))
	other.Database("closed", db)
	if up, known := values(t, other, "plinth_db_reader_lags_up")["database=closed"]; !known || up != 0 {
		t.Errorf("up after the end: %v, %t", up, known)
	}
}

func TestCache(t *testing.T) {
	t.Parallel()
	m := must(prometheus.New(prometheus.Options{}))
	m.Cache("authors", func() cache.Stats {
		return cache.Stats{Hits: 1, Misses: 2, Loads: 3, LoadErrors: 4, Refreshes: 5, Stale: 6, Errors: 7}
	})
	for i, name := range []string{"hits", "misses", "loads", "load_errors", "refreshes", "stale", "errors"} {
		if got := values(t, m, "plinth_cache_"+name+"_total")["cache=authors"]; got != float64(i+1) {
			t.Errorf("%s: %v", name, got)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("two caches have one name")
		}
	}()
	m.Cache("authors", func() cache.Stats { return cache.Stats{} })
}

// TestNames: the names of the documentation are those that are listed, and each is one that
// Prometheus gets.
func TestNames(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte("\n//\t"), []byte("\nLINE "))
	var documented []string
	for _, line := range regexp.MustCompile(`LINE (plinth_\w+) +(counter|gauge|histogram)`).FindAllSubmatch(text, -1) {
		name, kind := string(line[1]), string(line[2])
		if strings.HasSuffix(name, "_total") != (kind == "counter") {
			t.Errorf("%s is a %s", name, kind)
		}
		documented = append(documented, name)
	}
	slices.Sort(documented)
	if !slices.Equal(documented, prometheus.Names()) {
		t.Errorf("documented %q\nlisted %q", documented, prometheus.Names())
	}

	m, db := watched(t)
	m.Cache("authors", func() cache.Stats { return cache.Stats{} })
	m.Jobs(declared(t, db))
	m.Realtime(func() changelog.SubscriberStats { return changelog.SubscriberStats{} })
	send(m.Middleware(routed()), httptest.NewRequest("GET", "/mux/1", nil))
	for _, title := range []string{"a", "a"} {
		_ = store.For[note](db).Insert(t.Context(), &note{Title: title})
	}
	leaveBehind(t, db)
	families := read(t, m)
	for _, name := range prometheus.Names() {
		family := families[name]
		if family == nil || !bytes.Contains(text, []byte("LINE "+name+" ")) {
			t.Errorf("%s is not there", name)
			continue
		}
		if kind := strings.ToLower(family.GetType().String()); !regexp.MustCompile(`LINE ` + name + ` +` + kind + `\b`).Match(text) {
			t.Errorf("%s is a %s", name, kind)
		}
	}
	for name := range families {
		if strings.HasPrefix(name, "plinth_") && !slices.Contains(prometheus.Names(), name) {
			t.Errorf("%s is not listed", name)
		}
	}
}

// declared returns jobs with one that is due.
func declared(t *testing.T, db *store.DB) *jobs.Jobs {
	t.Helper()
	js, err := jobs.New(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	kind := jobs.Declare[int](js, "count", &jobs.Options[int]{Queue: "numbers"})
	if _, err := kind.Enqueue(t.Context(), db, 1, jobs.In(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	return js
}

// TestRealtime reads each figure from its field.
func TestRealtime(t *testing.T) {
	t.Parallel()
	m, _ := watched(t)
	m.Realtime(func() changelog.SubscriberStats {
		return changelog.SubscriberStats{
			Sockets: 1, Channels: 2, Subscriptions: 3, Classes: 4, Lag: 5 * time.Second, Changes: 6, Delay: 7 * time.Second, Dropped: 8, Lost: 9, Broadcasts: 10,
		}
	})
	for i, name := range []string{
		"sockets", "channels", "subscriptions", "classes", "lag_seconds", "changes_total", "delay_seconds_total", "dropped_total", "lost_total", "broadcasts_total",
	} {
		if got := values(t, m, "plinth_realtime_"+name)[""]; got != float64(i+1) {
			t.Errorf("%s is %v, want %d", name, got, i+1)
		}
	}
}

func TestJobs(t *testing.T) {
	t.Parallel()
	m, db := watched(t)
	m.Jobs(declared(t, db))
	for name, want := range map[string]float64{
		"plinth_jobs_due": 1, "plinth_jobs_running": 0, "plinth_jobs_dead": 0, "plinth_jobs_paused": 0, "plinth_jobs_failures_total": 0,
	} {
		if got := values(t, m, name)["queue=numbers"]; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if age := values(t, m, "plinth_jobs_oldest_due_seconds")["queue=numbers"]; age < 3590 || age > 3700 {
		t.Errorf("the oldest job has been due for %v s", age)
	}
}
