// Package rest holds no code: its tests are the table of what the REST wire
// does, feature by feature, each with a request and its answer. They send every
// request on both engines, and write docs/wire.md from the same table, so that
// the document cannot say what is not so.
//
// A feature is one [row] in the file of its section, such as filters_test.go. A missing
// feature is a row too, with the refusal as its answer. After a change
//
//	go generate ./tests/wire/rest
//
// writes the document again.
package rest

//go:generate go test . -run ^TestDocument$ -update
