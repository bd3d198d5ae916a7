// Package sqlite runs a [store.DB] on an SQLite file, without cgo.
//
//	db, err := sqlite.Open(ctx, "shop.db", nil)
//
// # Connections
//
// One connection writes, some read; a write never waits for a reader nor a
// reader for a write (write-ahead log). Writers queue in the order they came.
// Everything that touches the database, Bun and [database/sql.Tx] included,
// borrows one of these connections, so that this process never meets its own
// lock. Other processes may use the file at the same time; a writer waits
// Options.BusyTimeout for them.
//
// Each connection is opened with the same settings, which are read back, and
// keeps the statements it has prepared.
//
// # What the database knows beside SQLite
//
// Connections have functions of ours whose names begin with pl_, and the
// collation pl_decimal. Only the latter stands in the file: other programs can
// read it, but not through an index on a decimal column.
//
// # Limits
//
// A statement is interrupted when its context ends while SQLite looks for the
// first row; after that the context is seen between rows. Sorting, counting
// and writing are done before the first row.
package sqlite
