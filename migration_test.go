package plinth_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// A migration that makes what development has made already cannot run: the program says
// what to do with the database.
func TestMigrationAfterDevelopment(t *testing.T) {
	t.Parallel()
	config := testConfig(t)
	for _, migrations := range []fstest.MapFS{nil, {"sqlite/0001_init.up.sql": {Data: []byte(`create table "tasks" ("id" text);`)}}} {
		app := newApp(t, config)
		app.Add(api.Resource[task]{Policy: api.OwnedBy("owner_id")})
		if migrations != nil {
			app.Migrations(migrate.Source{Line: "tasks", FS: migrations})
		}
		_, err := app.Handler(t.Context())
		if closing := app.DB().Close(); closing != nil {
			t.Error(closing)
		}
		if migrations == nil && err != nil {
			t.Fatal(err)
		}
		if migrations != nil && (err == nil || !strings.Contains(err.Error(), "tasks 1 init") || !strings.Contains(err.Error(), "begin with an empty database")) {
			t.Errorf("error = %v", err)
		}
	}
}
