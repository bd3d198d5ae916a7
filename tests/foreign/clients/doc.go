// Package clients has no code: its test drives the examples atlas and
// quickstart, built and started as processes of their own, with the client
// library that web applications use, @supabase/supabase-js, on both engines.
//
// It also runs the commands of docs/accounts.md, for a shell and for the library.
//
// The assertions are in checks, one file per subject. Each has the right answer,
// derived from the files of the package iso-codes by plain JavaScript, and the
// answers of wrong implementations, from which the data must tell it. They need
// Node.js 20 or later, the packages of package-lock.json (npm ci) and iso-codes.
package clients
