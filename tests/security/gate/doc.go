// Package gate holds no code: its tests attack an API over both engines as
// clients would. They drive every entry of the dispatch table, and most are made
// from lists of entry points, names and values rather than written one by one.
//
// The application under attack is in fixture_test.go. The expected answers are derived from
// the rows of data_test.go, which are written by hand and never computed.
package gate
