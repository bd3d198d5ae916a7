// Package storetest provides databases for tests.
//
//	db := storetest.New(t, storetest.Models(Note{})) // SQLite, with the tables made
//
// Use [Engines] to run a test on every engine. The source of PostgreSQL is an argument,
// so that this package does not link a Docker client:
//
//	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
//		...
//	}, storetest.Models(Note{}))
package storetest
