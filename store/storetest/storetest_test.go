package storetest_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

type thing struct {
	bun.BaseModel `bun:"table:things"`
	ID            int64 `bun:",pk"`
}

// noPostgres is a source on a machine without PostgreSQL.
type noPostgres struct{}

func (noPostgres) Open(testing.TB) (string, bool) { return "", false }

func (noPostgres) Copy(testing.TB, any, func(context.Context, string) error) (string, bool) {
	return "", false
}

func TestNew(t *testing.T) {
	t.Parallel()
	one, two := storetest.New(t, storetest.Models(thing{})), storetest.New(t, storetest.Models(thing{}))
	if err := store.For[thing](one).Insert(t.Context(), &thing{ID: 1}); err != nil {
		t.Fatal(err)
	}
	if n, err := store.For[thing](two).Count(t.Context(), store.Cond{}); n != 0 || err != nil {
		t.Errorf("another database has %d rows, %v", n, err)
	}
	if _, err := store.For[thing](storetest.New(t)).Count(t.Context(), store.Cond{}); err == nil {
		t.Error("a database has tables nobody asked for")
	}
}

func TestEngines(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		source storetest.Source
		want   []string
	}{
		"NoSource":   {nil, []string{"sqlite"}},
		"NoPostgres": {noPostgres{}, []string{"sqlite"}},
		"Both":       {pgtest.Source(), []string{"postgres", "sqlite"}},
	} {
		var ran []string
		names := make(chan string, 2)
		t.Run(name, func(t *testing.T) {
			storetest.Engines(t, tt.source, func(t *testing.T, db *store.DB) {
				if err := store.For[thing](db).Insert(t.Context(), &thing{ID: 1}); err != nil {
					t.Error(err)
				}
				names <- db.Capabilities().Engine
			}, storetest.Models(thing{}))
		})
		close(names)
		for engine := range names {
			ran = append(ran, engine)
		}
		if slices.Sort(ran); !slices.Equal(ran, tt.want) && (name != "Both" || len(ran) != 1) {
			t.Errorf("%s: ran on %q, want %q", name, ran, tt.want)
		}
	}
}

// another opens a second database on the engine of db.
func another(t *testing.T, db *store.DB, opts ...storetest.Option) *store.DB {
	t.Helper()
	if db.Capabilities().Engine == "sqlite" {
		return storetest.New(t, opts...)
	}
	return storetest.NewPostgres(t, pgtest.Source(), opts...)
}

// TestFrom copies a template on each engine: it is filled once, and a copy is a database of its own.
func TestFrom(t *testing.T) {
	t.Parallel()
	var filled atomic.Int32
	template := storetest.NewTemplate(func(ctx context.Context, db *store.DB) error {
		filled.Add(1)
		if err := db.Register(thing{}); err != nil {
			return err
		}
		if _, err := migrate.Auto(ctx, db); err != nil {
			return err
		}
		return store.For[thing](db).Insert(ctx, &thing{ID: 1})
	})
	var engines atomic.Int32
	t.Run("copies", func(t *testing.T) {
		storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
			engines.Add(1)
			for i, db := range []*store.DB{db, another(t, db, storetest.From(template))} {
				if err := db.Register(thing{}); err != nil {
					t.Fatal(err)
				}
				if err := store.For[thing](db).Insert(t.Context(), &thing{ID: 2}); err != nil {
					t.Fatal(err)
				}
				if n, err := store.For[thing](db).Count(t.Context(), store.Cond{}); n != 2 || err != nil {
					t.Errorf("copy %d has %d rows, %v; want that of the template and its own", i, n, err)
				}
			}
		}, storetest.From(template))
	})
	if filled.Load() != engines.Load() {
		t.Errorf("filled %d times for %d engines", filled.Load(), engines.Load())
	}
}
