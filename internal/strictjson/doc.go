// Package strictjson reads untrusted JSON and writes JSON that is equal byte for byte on
// every engine.
//
// encoding/json takes "ROLE" for "role", lets the last of two equal keys win, turns a lone
// surrogate into U+FFFD and allows ten thousand levels. Each of these lets a body mean one
// thing to a check and another to the store. [Parse] validates a body once, as a whole: RFC
// 8259 and nothing more, valid UTF-8, no duplicate key at any depth, no U+0000 (PostgreSQL
// cannot hold it), bounded depth and numbers. It returns a [Value], which is valid, so
// reading it needs no errors.
//
//	v, err := strictjson.Parse(body, strictjson.Limits{})
//	...
//	for key, member := range v.Members() { // keys are unescaped and exact
//		...
//	}
//
// [Shape] decodes into Go structs under the same rules, [Value.AppendCanonical]
// gives the canonical form of a document, [AppendString] writes a string as
// PostgreSQL does. Reading takes linear time; the memory of Parse is at most a few
// bytes for each key of objects with many keys.
package strictjson
