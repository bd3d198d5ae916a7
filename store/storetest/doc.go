// Package storetest gives tests databases of their own, and drivers their
// conformance suite.
//
//	db := storetest.New(t, storetest.Models(Note{})) // SQLite, with the tables made
//
// A test that shall hold on every engine runs once for each. Where PostgreSQL
// comes from is handed in, so that this package does not link Docker's client:
//
//	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
//		...
//	}, storetest.Models(Note{}))
//
// A driver's own test of the contract is only a harness around [Run].
package storetest
