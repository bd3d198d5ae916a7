package migrate_test

import (
	"testing"
	"testing/fstest"

	"github.com/seed-7694ebf6/plinth/store"
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

// TestSourceOfOneEngine: a line with files for one engine works on that engine. On the other
// the error names both. A line without any SQL file has no migrations yet.
func TestSourceOfOneEngine(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open()
		used, other := onSQLite(db, "sqlite", "postgres"), onSQLite(db, "postgres", "sqlite")
		files := func(names ...string) migrate.Source {
			tree := fstest.MapFS{}
			for _, name := range names {
				tree[name] = &fstest.MapFile{Data: []byte("select 1")}
			}
			return migrate.Source{Line: "a", FS: tree}
		}
		for _, source := range []migrate.Source{
			files(used + "/0001_a.up.sql"), files("README.md"), files(other + "/README.md"), files(used + "/README.md"), files(),
		} {
			if _, err := migrate.New(db, source); err != nil {
				t.Error(err)
			}
		}
		_, err := migrate.New(db, files(other+"/0001_a.up.sql"))
		wantError(t, err, "line a has migrations for "+other+" and none for "+used, "use a "+other+" database, or add a folder "+used)
		_, err = migrate.New(db, files("migrations/"+used+"/0001_a.up.sql"))
		wantError(t, err, "migrations/"+used+"/0001_a.up.sql is not in a folder "+used+" at the root of FS (see fs.Sub)")
	})
}
