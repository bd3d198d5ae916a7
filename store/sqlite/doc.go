// Package sqlite opens an SQLite file as a [store.DB], without cgo.
//
//	db, err := sqlite.Open(ctx, "shop.db", nil)
//
// # Connections
//
// One connection writes and several read. In write-ahead log mode a write never waits
// for a reader, nor a reader for a write. Writers queue first come, first served. The
// store, Bun and [database/sql.Tx] share these connections, so statements of this
// process do not block each other with file locks. Other processes may use the file at
// the same time; a writer waits for them for Options.BusyTimeout.
//
// Each connection is opened with the same settings, which are verified, and caches its
// prepared statements.
//
// # Functions and collations
//
// Connections have additional functions with the prefix pl_, and the collation
// pl_decimal. The schema in the file uses only the collation. Other programs can read
// the file, but not through an index on a decimal column.
//
// # Limits
//
// A statement is interrupted when its context ends before the first row. After that the
// context is checked between rows. Sorting, counting and writing happen before the
// first row.
package sqlite
