package fault

import "fmt"

// BodyError reports a body that can be read but is no row or rows.
type BodyError struct{ Reason string }

// Error describes the mistake.
func (e *BodyError) Error() string { return "store: " + e.Reason }

// LimitError reports a limit that a request exceeds.
type LimitError struct {
	// Name is the limited quantity, as it follows the number in the message: "rows of
	// one write".
	Name string

	// Limit is how many of these are allowed.
	Limit int

	// Hint says what the client can change. It may be empty.
	Hint string
}

// Error names the limit.
func (e *LimitError) Error() string { return fmt.Sprintf("store: more than %d %s", e.Limit, e.Name) }

// UnknownRelationError reports a name that is not a relation of the table or is hidden
// from the scope. The error does not distinguish the two.
type UnknownRelationError struct {
	Table, Relation string

	// Near is a similar name of a relation visible to the scope, or empty.
	Near string
}

// Error names the relation.
func (e *UnknownRelationError) Error() string {
	return fmt.Sprintf("store: table %s has no relation %s%s", e.Table, e.Relation, didYouMean(e.Near))
}

// AmbiguousRelationError reports a name that several relations of a table have.
type AmbiguousRelationError struct {
	Table, Relation string

	// Candidates are the relations visible to the scope, in the order of the struct's
	// fields.
	Candidates []RelationCandidate
}

// RelationCandidate describes one of the relations that a name could mean.
type RelationCandidate struct {
	// Cardinality is one-to-one, one-to-many, many-to-one or many-to-many.
	Cardinality string

	// Embedding names the two tables: "tasks with people".
	Embedding string

	// Relationship names the foreign key, or the junction with its two.
	Relationship string

	// Name means this relation and no other.
	Name string
}

// Error names the relation.
func (e *AmbiguousRelationError) Error() string {
	return fmt.Sprintf("store: %d relations %s of %s", len(e.Candidates), e.Relation, e.Table)
}
