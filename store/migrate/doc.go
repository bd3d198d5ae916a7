// Package migrate creates and updates the tables of a database. Migrations are SQL
// files; a diff adds what the database lacks compared with the models.
//
//	plan, err := migrate.Auto(ctx, db)    // development: add what is missing
//	err := migrate.Verify(ctx, db)        // production: refuse to start where something is missing
//
// Applications that run under package plinth need neither; Config.Schema decides.
//
// # Develop with Auto
//
// [Auto] compares the registered models with the database and creates tables, columns,
// keys and indexes. It drops, renames or converts no data. Such changes are
// listed in [Plan].Manual with the statement to run. In existing rows a new column that
// cannot be NULL gets its default, else the zero of its type.
//
// A column tagged `plinth:"searchable"` gets a search index. On PostgreSQL it is the
// function plinth_search and an index over it. On SQLite it is two tables and triggers,
// all named <table>_<column>_search. Existing rows are indexed at once. Diff lists
// search indexes that no column needs anymore and how to drop them. On SQLite drop the
// search index before the column.
//
// Indexes, unique keys, checks and enums of plinth tags are created too. A check that says
// something else than its tag is dropped and added again if all rows satisfy the new
// one. Otherwise it is in [Plan].Manual.
//
// # Write migrations for production
//
// Print [Diff] against a copy of the production database. Make its text the next
// migration of the application, completed by what the Manual part asks for:
//
//	plan, err := migrate.Diff(ctx, db)
//	fmt.Print(plan)
//
// A package that owns tables keeps its files for both engines side by side
//
//	migrations/postgres/0001_init.up.sql    migrations/sqlite/0001_init.up.sql
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
// The application lists the sources of all packages it uses. They run in the order of
// the list:
//
//	m, err := migrate.New(db, accounts.Migrations(), shop.Migrations())
//	applied, err := m.Up(ctx)
//
// [Verify] checks at every start that nothing is pending. It also compares tables,
// columns, types, NULLs, unique indexes and foreign keys with the models.
//
// To keep a database that [Auto] created, record the first migration as applied with
// [Migrator.Baseline].
//
// # Rules for migration files
//
// A file runs in a transaction together with its row in the table plinth_migrations, on
// both engines. If a statement fails, the whole file is rolled back and not recorded. A
// file must not contain commit or rollback. The statement timeout of the pool does not
// apply. An applied file must not change, because its checksum is stored. New files get
// numbers above all applied ones of their line.
//
// Statements that cannot run in a transaction go into a separate file that begins with
// the line
//
//	-- plinth:no-transaction
//
// Its statements are sent one by one. Separate them with the line
//
//	-- plinth:next
//
// If one fails, the earlier ones stay, so write statements that can be repeated:
//
//	-- plinth:no-transaction
//	drop index concurrently if exists notes_title_idx;
//	-- plinth:next
//	create index concurrently notes_title_idx on notes (title);
//
// On SQLite use such a file for "pragma foreign_keys = off", which rebuilding a table
// needs. On SQLite another process could run the same file at the same time.
//
// # Several instances
//
// Instances that start together wait for each other. The lock is a transaction-level
// advisory lock on PostgreSQL and the write lock on SQLite. If the process dies, the
// lock is released; PostgreSQL may notice only at the end of the running statement. Up
// and Auto must not be called inside a transaction of the same database.
//
// # The library's own tables
//
// The line plinth comes first in every [Migrator]. It has plinth_changes, the change
// log; plinth_cursors, the positions of its readers; and plinth_settings, generated
// secrets.
package migrate
