package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// recorder is a tracer that remembers everything it is told.
type recorder struct {
	mu    sync.Mutex
	ended []traced
	open  int
}

type traced struct {
	store.TracedStatement
	store.TraceOutcome
	span string // what Start has put into the context
}

type spanKey struct{}

func (r *recorder) Start(ctx context.Context, s store.TracedStatement) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open++
	return context.WithValue(ctx, spanKey{}, s.Operation)
}

func (r *recorder) End(ctx context.Context, s store.TracedStatement, o store.TraceOutcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	span, _ := ctx.Value(spanKey{}).(string)
	r.ended = append(r.ended, traced{s, o, span})
}

// take returns what was recorded, and forgets it.
func (r *recorder) take() []traced {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { r.ended = nil }()
	return r.ended
}

// brief is a statement in a few words.
func (s traced) brief() string {
	words := []string{s.Operation}
	if s.Table != "" {
		words = append(words, s.Table)
	}
	if s.InTx {
		words = append(words, "in tx")
	}
	if s.Bun {
		words = append(words, "by bun")
	}
	words = append(words, fmt.Sprint(s.Rows))
	if s.Error != "" {
		words = append(words, string(s.Error))
	}
	return strings.Join(words, " ")
}

// tracedEngines runs a test with a recorder on each engine.
func tracedEngines(t *testing.T, run func(t *testing.T, db *store.DB, r *recorder)) {
	t.Helper()
	// Both engines have one of their own: the options are made before the
	// database is.
	recorders := map[string]*recorder{"sqlite": {}, "postgres": {}}
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		r := recorders[db.Capabilities().Engine]
		r.take()
		run(t, db, r)
		if r.open != 0 {
			t.Errorf("%d statements have begun and not ended", r.open)
		}
	}, storetest.Models(Author{}, Post{}, Tag{}, PostTag{}), storetest.Store(store.Options{Tracers: []store.Tracer{split{recorders}}}))
}

// split passes statements on to the recorder of their engine.
type split struct{ to map[string]*recorder }

func (s split) Start(ctx context.Context, st store.TracedStatement) context.Context {
	return s.to[st.Engine].Start(ctx, st)
}

func (s split) End(ctx context.Context, st store.TracedStatement, o store.TraceOutcome) {
	s.to[st.Engine].End(ctx, st, o)
}

func TestTracerSeesEveryStatement(t *testing.T) {
	t.Parallel()
	tracedEngines(t, func(t *testing.T, db *store.DB, r *recorder) {
		ctx := t.Context()
		pg := db.Capabilities().Engine == "postgres"
		tags := store.For[Tag](db)
		tag := &Tag{Name: "go"}

		steps := []struct {
			name             string
			run              func() error
			sqlite, postgres []string
		}{
			{
				"Insert", func() error { return tags.Insert(ctx, tag) },
				[]string{"begin in tx 0", "insert tags in tx 1", "insert plinth_changes in tx 1", "commit in tx 0"},
				[]string{"insert tags 1"},
			},
			{
				"Get", func() error { _, err := tags.Get(ctx, tag.ID); return err },
				[]string{"select tags 1"},
				[]string{"select tags 1"},
			},
			{
				"Twice", func() error {
					if err := tags.Insert(ctx, &Tag{Name: "go"}); !errors.As(err, new(*store.ConstraintError)) {
						return fmt.Errorf("got %w, want a constraint error", err)
					}
					return nil
				},
				[]string{"begin in tx 0", "insert tags in tx 0 constraint", "rollback in tx 0"},
				[]string{"insert tags 0 constraint"},
			},
			{
				"Savepoint", func() error {
					return db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
						err := tx.Tx(ctx, func(context.Context, *store.Tx) error { return errors.New("not this") })
						if err == nil {
							return errors.New("no error")
						}
						return nil
					})
				},
				[]string{"begin in tx 0", "savepoint in tx 0", "rollback in tx 0", "release in tx 0", "commit in tx 0"},
				[]string{"begin in tx 0", "savepoint in tx 0", "rollback in tx 0", "release in tx 0", "commit in tx 0"},
			},
			{
				"Bun", func() error {
					var n int
					return db.Bun().NewSelect().Model((*Tag)(nil)).ColumnExpr("count(*)").Where("name = ?", "go").Scan(ctx, &n)
				},
				[]string{"select by bun 1"},
				[]string{"select by bun 1"},
			},
			{
				"BunInTx", func() error {
					return db.Tx(ctx, func(ctx context.Context, _ *store.Tx) error {
						_, err := db.Bun().NewRaw("update tags set name = 'x'").Exec(ctx)
						if !errors.Is(err, store.ErrInTx) {
							return fmt.Errorf("got %w, want %w", err, store.ErrInTx)
						}
						return nil
					})
				},
				[]string{"begin in tx 0", "update by bun 0 aborted", "commit in tx 0"},
				[]string{"begin in tx 0", "update by bun 0 aborted", "commit in tx 0"},
			},
			{
				"Canceled", func() error {
					gone, cancel := context.WithCancel(ctx)
					cancel()
					if _, err := tags.Get(gone, tag.ID); !errors.Is(err, context.Canceled) {
						return fmt.Errorf("got %w", err)
					}
					return nil
				},
				[]string{"select tags 0 canceled"},
				[]string{"select tags 0 canceled"},
			},
		}
		for _, s := range steps {
			if err := s.run(); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			want := s.sqlite
			if pg {
				want = s.postgres
			}
			var got []string
			for _, st := range r.take() {
				got = append(got, st.brief())
				if st.span == "" || st.SQL == "" && !st.Bun || st.Duration <= 0 {
					t.Errorf("%s: incomplete: %+v", s.name, st)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: got %q\nwant %q", s.name, got, want)
			}
		}
	})
}

// TestTracersBeginAndEndLikeBrackets gives each tracer the context of the one
// before.
func TestTracersBeginAndEndLikeBrackets(t *testing.T) {
	t.Parallel()
	var calls []string
	db := storetest.New(t, storetest.Models(Tag{}), storetest.Store(store.Options{
		Tracers: []store.Tracer{named{"a", &calls}, named{"b", &calls}},
	}))
	calls = nil
	if _, err := store.For[Tag](db).Count(t.Context(), store.True()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"start a", "start b after a", "end b after b", "end a after b"}; !slices.Equal(calls, want) {
		t.Errorf("got %q, want %q", calls, want)
	}
}

type named struct {
	name  string
	calls *[]string
}

func (n named) Start(ctx context.Context, _ store.TracedStatement) context.Context {
	call := "start " + n.name
	if before, ok := ctx.Value(spanKey{}).(string); ok {
		call += " after " + before
	}
	*n.calls = append(*n.calls, call)
	return context.WithValue(ctx, spanKey{}, n.name)
}

func (n named) End(ctx context.Context, _ store.TracedStatement, _ store.TraceOutcome) {
	*n.calls = append(*n.calls, "end "+n.name+" after "+ctx.Value(spanKey{}).(string))
}

func TestLogStatements(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	type idKey struct{}
	tracer := store.LogStatements(logger, store.LogStatementsOptions{
		RequestID: func(ctx context.Context) string { id, _ := ctx.Value(idKey{}).(string); return id },
	})
	ctx := context.WithValue(t.Context(), idKey{}, "r1")
	st := store.TracedStatement{Engine: "sqlite", Operation: "select", Table: "tags", SQL: "select ?1"}
	tests := []struct {
		name string
		ctx  context.Context
		took time.Duration
		err  store.ErrorKind
		want string
	}{
		{"Fast", ctx, 199 * time.Millisecond, "", `level=DEBUG msg="store: statement" operation=select table=tags duration_ms=199 rows=3 request_id=r1 sql="select ?1"`},
		{"Slow", ctx, 200 * time.Millisecond, "", `level=WARN msg="store: slow statement" operation=select table=tags duration_ms=200 rows=3 request_id=r1 sql="select ?1"`},
		{"Failed", t.Context(), time.Second, store.ErrorTimeout, `level=WARN msg="store: slow statement" operation=select table=tags duration_ms=1000 rows=3 error=timeout sql="select ?1"`},
	}
	for _, tt := range tests {
		log.Reset()
		st := st
		st.SQL += " -- " + tt.name // each is a statement of its own
		tt.want = strings.ReplaceAll(tt.want, `?1"`, "?1 -- "+tt.name+`"`)
		tracer.End(tracer.Start(tt.ctx, st), st, store.TraceOutcome{Duration: tt.took, Rows: 3, Error: tt.err})
		if got := log.String(); !strings.HasSuffix(strings.TrimSpace(got), tt.want) {
			t.Errorf("%s: got %s\nwant %s", tt.name, got, tt.want)
		}
	}
	log.Reset()
	quiet := store.LogStatements(logger, store.LogStatementsOptions{Slow: -1})
	quiet.End(ctx, st, store.TraceOutcome{Duration: time.Hour})
	if got := log.String(); !strings.Contains(got, "DEBUG") {
		t.Errorf("a negative limit: got %s", got)
	}
}

// TestSlowStatementsAreCounted: a slow statement that repeats is one line in ten seconds,
// with a count, and so are texts that differ in numbers. Other statements have their own.
func TestSlowStatementsAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		tracer := store.LogStatements(slog.New(slog.NewTextHandler(&log, nil)), store.LogStatementsOptions{})
		slow := func(sql string) {
			tracer.End(t.Context(), store.TracedStatement{Operation: "select", Table: "plinth_changes", SQL: sql}, store.TraceOutcome{Duration: time.Second})
		}
		lines := func(want ...string) {
			t.Helper()
			got := strings.Split(strings.TrimSpace(log.String()), "\n")
			if log.Len() == 0 {
				got = nil
			}
			log.Reset()
			if len(got) != len(want) {
				t.Fatalf("%d lines, want %d: %s", len(got), len(want), got)
			}
			for i, w := range want {
				if !strings.HasSuffix(got[i], w) {
					t.Errorf("%s, want %s", got[i], w)
				}
			}
		}
		for i := range 100 {
			slow(fmt.Sprint("select limit ", i))
		}
		slow("select other")
		lines(`duration_ms=1000 rows=0 sql="select limit 0"`, `duration_ms=1000 rows=0 sql="select other"`)
		time.Sleep(10*time.Second - time.Nanosecond)
		slow("select limit 7")
		lines()
		time.Sleep(time.Nanosecond)
		slow("select limit 8")
		lines(`rows=0 count=101 sql="select limit 8"`)
		for i := range 1000 {
			slow("select " + strings.Repeat("x", i))
		}
		if n := strings.Count(log.String(), "\n"); n != 1000 {
			t.Errorf("%d lines for 1,000 statements", n)
		}
	})
}

// TestNoTracerCostsNothing: without one the driver is used as it is.
func TestNoTracerCostsNothing(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if name := reflect.ValueOf(store.DriverOf(db)).Type().String(); name != "*sqlite.database" {
		t.Errorf("statements go by way of %s", name)
	}
}
