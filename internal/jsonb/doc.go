// Package jsonb reads JSON documents as the operators of PostgreSQL's type jsonb
// do, for the engine that has none and for rules that are judged in memory.
//
// Documents are in the canonical form of package strictjson. A document that is
// none is an error; keys in another order than the canonical one are not.
package jsonb
