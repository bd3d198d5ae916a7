// Package jsonb implements operators of PostgreSQL's type jsonb, for SQLite and for rules
// that are evaluated in memory.
//
// Documents are in the canonical form of package strictjson, but their keys may be in any
// order. An invalid document is an error.
package jsonb
