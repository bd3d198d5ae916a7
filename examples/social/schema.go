package main

import (
	"embed"
	"io/fs"

	"github.com/seed-7694ebf6/plinth/store/migrate"
)

//go:embed migrations
var migrations embed.FS

// schema returns the migrations, as "social migrate diff" printed them.
func schema() migrate.Source {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return migrate.Source{Line: "social", FS: files}
}
