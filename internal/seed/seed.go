// Package seed plants faults for the tests of the gate. A build with the tag
// plinth_seed drops the guard in the one part that the environment variable
// PLINTH_SEED names; the tests then must turn red. In every other build Dropped
// is a constant and the compiler removes it.
package seed

// Part is a place where a guard is applied.
type Part string

// The places where a guard is applied. A place without a seed here is a place
// without a test.
const (
	List       Part = "list"
	Single     Part = "single"
	Embed      Part = "embed"
	Junction   Part = "junction"
	Count      Part = "count"
	Aggregate  Part = "aggregate"
	Returned   Part = "returned"
	Insert     Part = "insert"
	Update     Part = "update"
	Delete     Part = "delete"
	Upsert     Part = "upsert"
	Cursor     Part = "cursor"
	Order      Part = "order"
	RPC        Part = "rpc"
	ForeignKey Part = "foreign-key"
)

// Parts returns all of them.
func Parts() []Part {
	return []Part{List, Single, Embed, Junction, Count, Aggregate, Returned, Insert, Update, Delete, Upsert, Cursor, Order, RPC, ForeignKey}
}
