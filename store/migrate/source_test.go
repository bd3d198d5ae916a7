package migrate_test

import (
	"testing"
	"testing/fstest"

	"github.com/seed-7694ebf6/plinth/store/migrate"
)

func TestNewReportsMistakes(t *testing.T) {
	t.Parallel()
	db := connect(t, t.TempDir()+"/test.db")
	one := map[string]string{"0001_init.up.sql": "select 1"}
	after := source("b", one)
	after.After = []string{"a"}
	for _, tc := range []struct {
		name    string
		sources []migrate.Source
		want    []string
	}{
		{"line", []migrate.Source{source("My Line", one)}, []string{`line "My Line"`}},
		{"own line", []migrate.Source{source("plinth", one)}, []string{"line plinth exists twice"}},
		{"line twice", []migrate.Source{source("a", one), source("a", one)}, []string{"line a exists twice"}},
		{"no files", []migrate.Source{{Line: "a"}}, []string{"line a has no files"}},
		{"wrong root", []migrate.Source{{Line: "a", FS: fstest.MapFS{"migrations/sqlite/0001_a.up.sql": {}}}}, []string{"fs.Sub"}},
		{"name", []migrate.Source{source("a", map[string]string{"init.sql": ""})}, []string{"sqlite/init.sql: a file must be named like 0001_init.up.sql"}},
		{"version 0", []migrate.Source{source("a", map[string]string{"0000_init.up.sql": ""})}, []string{"count from 1"}},
		{"version twice", []migrate.Source{source("a", map[string]string{"0001_a.up.sql": "select 1", "0001_b.up.sql": "select 1"})}, []string{"version 1 exists twice"}},
		{"version spelled twice", []migrate.Source{source("a", map[string]string{"0001_a.up.sql": "select 1", "01_a.up.sql": "select 1"})}, []string{"version 1 exists twice"}},
		{"down", []migrate.Source{source("a", map[string]string{"0001_a.down.sql": "select 1"})}, []string{"must be named like 0001_init.up.sql"}},
		{"empty", []migrate.Source{source("a", map[string]string{"0001_a.up.sql": "select 1", "0002_b.up.sql": ""})}, []string{"line a: sqlite/0002_b.up.sql is empty: was it made by a shell's >"}},
		{"blank", []migrate.Source{source("a", map[string]string{"0001_a.up.sql": "\r\n \t\n"})}, []string{"sqlite/0001_a.up.sql is empty"}},
		{"after", []migrate.Source{after, source("a", one)}, []string{"line b must come after line a"}},
		{"all at once", []migrate.Source{after, {Line: "c"}}, []string{"line b must come after line a", "line c has no files"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := migrate.New(db, tc.sources...)
			wantError(t, err, tc.want...)
		})
	}
	if _, err := migrate.New(db, source("a", one), after); err != nil {
		t.Error(err)
	}
}
