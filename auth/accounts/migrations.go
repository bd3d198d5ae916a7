package accounts

import (
	"embed"
	"io/fs"

	"github.com/seed-7694ebf6/plinth/store/migrate"
)

//go:embed migrations
var migrationFiles embed.FS

// Migrations returns the migrations of the package's own tables, for
// [migrate.New] and plinth.App.
func Migrations() migrate.Source {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // of a name only
	}
	return migrate.Source{Line: "auth", FS: files}
}
