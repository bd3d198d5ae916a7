package storetest_test

import (
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
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
