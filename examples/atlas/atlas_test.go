package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestAtlas loads the real files into a server on each engine, twice, and
// compares the tables with the files.
func TestAtlas(t *testing.T) {
	t.Parallel()
	folder := isoFolder()
	programtest.File(t, "iso-codes", folder, "ISO_CODES names its folder")
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		checkAtlas(t, folder, filepath.Join(t.TempDir(), "atlas.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		checkAtlas(t, folder, pgtest.URL(t))
	})
}

func checkAtlas(t *testing.T, folder, database string) {
	t.Helper()
	secret := auth.NewSecretKey()
	app, err := plinth.New(t.Context(), plinth.Config{
		DatabaseURL: database, InsecureDevelopment: true, Keys: auth.Keys{Secret: []string{secret}},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(resources()...)
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)

	for range 2 {
		var out strings.Builder
		if err := run(t.Context(), []string{"load", "-url", server.URL, "-key", secret, "-iso", folder}, &out); err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
	}
	compareCounts(t, app.DB(), folder)
	compareParents(t, app.DB(), folder)

	err = run(t.Context(), []string{"load", "-url", server.URL, "-key", auth.NewSecretKey(), "-iso", folder}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "0 of ") || !strings.Contains(err.Error(), "401") {
		t.Errorf("with a foreign key: %v", err)
	}
}

// entries reads a file without the code under test.
func entries(t *testing.T, folder, standard string) []map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, "iso_"+standard+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var file map[string][]map[string]string
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return file[standard]
}

// distinct counts the different values of a function of the entries.
func distinct(entries []map[string]string, value func(map[string]string) string) int {
	seen := map[string]bool{}
	for _, e := range entries {
		seen[value(e)] = true
	}
	return len(seen)
}

func compareCounts(t *testing.T, db *store.DB, folder string) {
	t.Helper()
	subdivisions := entries(t, folder, "3166-2")
	typeOf := func(e map[string]string) string { return e["type"] }
	check := func(table string, want int, count func() (int64, error)) {
		t.Helper()
		if got, err := count(); err != nil || got != int64(want) {
			t.Errorf("%d rows of %s (%v), want %d", got, table, err, want)
		}
	}
	all := store.True()
	check("countries", len(entries(t, folder, "3166-1")), func() (int64, error) { return store.For[Country](db).Count(t.Context(), all) })
	check("subdivisions", len(subdivisions), func() (int64, error) { return store.For[Subdivision](db).Count(t.Context(), all) })
	check("subdivision_types", distinct(subdivisions, typeOf), func() (int64, error) {
		return store.For[SubdivisionType](db).Count(t.Context(), all)
	})
	check("country_subdivision_types", distinct(subdivisions, func(e map[string]string) string {
		return e["code"][:2] + typeOf(e)
	}), func() (int64, error) { return store.For[CountrySubdivisionType](db).Count(t.Context(), all) })
	check("languages", len(entries(t, folder, "639-3")), func() (int64, error) { return store.For[Language](db).Count(t.Context(), all) })
	check("currencies", len(entries(t, folder, "4217")), func() (int64, error) { return store.For[Currency](db).Count(t.Context(), all) })
}

// compareParents compares the subdivisions within others with those that have a
// parent in the file, whose code ends with what the file says.
func compareParents(t *testing.T, db *store.DB, folder string) {
	t.Helper()
	rows, err := store.For[Subdivision](db).List(t.Context(), store.Query{Where: store.Not(store.Null("parent_code"))})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string, len(rows))
	for _, r := range rows {
		got[r.Code] = *r.ParentCode
	}
	want := 0
	for _, e := range entries(t, folder, "3166-2") {
		parent, ok := e["parent"]
		if !ok {
			continue
		}
		want++
		code := e["code"]
		if p := got[code]; !strings.HasPrefix(p, code[:2]+"-") || p != parent && p != code[:2]+"-"+parent {
			t.Errorf("%s lies within %q, want %q", code, p, parent)
		}
	}
	if len(got) != want || want == 0 {
		t.Errorf("%d subdivisions lie within others, want %d", len(got), want)
	}
}
