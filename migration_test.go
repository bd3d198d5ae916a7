package plinth_test

import (
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// A migration that makes what development has made already cannot run: the program says
// which command records it as applied, and starts afterwards.
func TestMigrationAfterDevelopment(t *testing.T) {
	t.Parallel()
	config := apptest.Config(t)
	migration := fstest.MapFS{"sqlite/0001_init.up.sql": {Data: []byte(`create table "tasks" ("id" text);`)}}
	// with has an app on the database of the others, and returns what it did.
	with := func(files fs.FS, do func(*plinth.App) error) error {
		app := apptest.New(t, config)
		app.Add(api.Resource[apptest.Task]{Policy: api.OwnedBy("owner_id")})
		if files != nil {
			app.Migrations(migrate.Source{Line: "tasks", FS: files})
		}
		err := do(app)
		if closing := app.DB().Close(); closing != nil {
			t.Error(closing)
		}
		return err
	}
	start := func(app *plinth.App) error { _, err := app.Handler(t.Context()); return err }
	command := func(args ...string) func(*plinth.App) error {
		return func(app *plinth.App) error { return app.Command(t.Context(), args, io.Discard) }
	}
	hint := `"migrate baseline tasks"`
	for _, step := range []struct {
		what  string
		files fs.FS
		do    func(*plinth.App) error
		want  []string // in the error, none where there is to be none
	}{
		{"development", nil, start, nil},
		{"start with a migration", migration, start, []string{"tasks 1 init", hint}},
		{"migrate up", migration, command("migrate", "up"), []string{"tasks 1 init", hint}},
		{"migrate baseline", migration, command("migrate", "baseline", "tasks"), nil},
		{"migrate verify", migration, command("migrate", "verify"), nil},
		{"start again", migration, start, nil},
	} {
		err := with(step.files, step.do)
		if (err == nil) != (step.want == nil) {
			t.Fatalf("%s: error = %v", step.what, err)
		}
		for _, part := range step.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error = %v, want %q in it", step.what, err, part)
			}
		}
	}
}
