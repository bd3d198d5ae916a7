// Package migrate gives a database the tables a program needs: by migrations,
// which are SQL files people write, and by a diff, which adds what the models
// have more.
//
//	plan, err := migrate.Auto(ctx, db)    // development: add what is missing
//	err := migrate.Verify(ctx, db)        // production: refuse to start where something is missing
//
// Applications that run under package plinth need neither: Config.Schema
// decides.
//
// # Development
//
// [Auto] compares the registered models with the database and creates tables,
// columns, keys and indexes. It never drops, renames or converts anything: what
// would need that is listed in [Plan].Manual, each entry with what to do. A new
// column that cannot be NULL gets its default, else the zero of its type, in the
// rows that are there.
//
// A column tagged `plinth:"searchable"` gets a search index: on PostgreSQL the
// function plinth_search and an index over it, on SQLite two tables and triggers
// beside the table, all named <table>_<column>_search. The rows that are there
// are entered at once. Diff names a search index no column needs any more, and
// how to drop it; on SQLite that has to happen before the column is dropped.
//
// # Production
//
// Print [Diff] against a copy of the production database and make the text the
// next migration of the application, with what the Manual part asks for:
//
//	plan, err := migrate.Diff(ctx, db)
//	fmt.Print(plan)
//
// A package that owns tables keeps its files for both engines beside each other
//
//	migrations/postgres/0001_init.up.sql    migrations/sqlite/0001_init.up.sql
//	migrations/postgres/0001_init.down.sql  migrations/sqlite/0001_init.down.sql
//
// and exports them as a [Source]:
//
//	//go:embed migrations
//	var files embed.FS
//
//	func Migrations() migrate.Source {
//		sub, _ := fs.Sub(files, "migrations")
//		return migrate.Source{Line: "shop", FS: sub}
//	}
//
// The application lists the sources of all packages it uses; the order of the
// list is the order in which they run:
//
//	m, err := migrate.New(db, accounts.Migrations(), shop.Migrations())
//	applied, err := m.Up(ctx)
//
// [Verify] then checks at every start that nothing is pending and that tables,
// columns, types, NULLs, unique indexes and foreign keys are what the models
// say.
//
// A database that development has changed, and that is to be kept, has what the
// first migration makes: [Migrator.Baseline] records it as applied.
//
// # What a migration can rely on
//
// A file runs in a transaction together with its row in the table
// plinth_migrations, on both engines: if a statement fails, nothing of the file
// stays and nothing is recorded. A file must not contain commit or rollback.
// The statement timeout of the pool does not apply. A file that was applied must
// never change again; its checksum is kept. New files get numbers above all
// applied ones of their line.
//
// What cannot run in a transaction goes into a file of its own that begins with
// the line
//
//	-- plinth:no-transaction
//
// Its statements are sent one by one; between two of them stands the line
//
//	-- plinth:next
//
// If one fails, those before it stay, so write them to be repeated:
//
//	-- plinth:no-transaction
//	drop index concurrently if exists notes_title_idx;
//	-- plinth:next
//	create index concurrently notes_title_idx on notes (title);
//
// On SQLite such a file is the place for "pragma foreign_keys = off", which
// building a table anew needs. There, another process could run the same file
// at the same time.
//
// # Several instances
//
// Instances that start together wait for each other. The lock is an advisory
// lock of the transaction on PostgreSQL and the write lock on SQLite: a process
// that dies frees it, on PostgreSQL as soon as the server notices, which may
// take until the end of the statement it is running. Up, Down, Apply and Auto
// must not be called inside a transaction of the same database.
//
// # The library's own tables
//
// The line plinth comes first in every [Migrator]: plinth_changes, the change
// log; plinth_cursors, how far its readers have come; plinth_settings, secrets
// the database makes for itself.
package migrate
