package fault

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
)

// BodyError reports a body that can be read but is no row or rows.
type BodyError struct{ Reason string }

// Error describes the mistake.
func (e *BodyError) Error() string { return "store: " + e.Reason }

// Problem returns the code of the error on the wire.
func (e *BodyError) Problem() string { return "PGRST102" }

// ProblemText returns message, details and hint for a client.
func (e *BodyError) ProblemText() (message, details, hint string) { return e.Reason, "", "" }

// LimitError reports a limit that a request exceeds, on the wire 400 PL001.
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

// Problem returns the code of the error on the wire.
func (e *LimitError) Problem() string { return "PL001" }

// ProblemText returns message, details and hint for a client.
func (e *LimitError) ProblemText() (message, details, hint string) {
	return fmt.Sprintf("limit exceeded: at most %d %s", e.Limit, e.Name), "", e.Hint
}

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

// Problem returns the code of the error on the wire.
func (e *UnknownRelationError) Problem() string { return "PGRST200" }

// ProblemText returns message, details and hint for a client.
func (e *UnknownRelationError) ProblemText() (message, details, hint string) {
	name, by, hinted := strings.Cut(e.Relation, "!")
	name = errtext.Quote(name)
	message = fmt.Sprintf("Could not find a relationship between '%s' and '%s' in the schema cache", e.Table, name)
	details = fmt.Sprintf("Searched for a foreign key relationship between '%s' and '%s'", e.Table, name)
	if hinted {
		details += fmt.Sprintf(" using the hint '%s'", errtext.Quote(by))
	}
	details += " in the schema 'public', but no matches were found."
	if e.Near != "" {
		hint = fmt.Sprintf("Perhaps you meant '%s' instead of '%s'.", e.Near, errtext.Quote(e.Relation))
	}
	return message, details, hint
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
	Cardinality string `json:"cardinality"`

	// Embedding names the two tables: "tasks with people".
	Embedding string `json:"embedding"`

	// Relationship names the foreign key, or the junction with its two.
	Relationship string `json:"relationship"`

	// Name means this relation and no other.
	Name string `json:"-"`
}

// Error names the relation.
func (e *AmbiguousRelationError) Error() string {
	return fmt.Sprintf("store: %d relations %s of %s", len(e.Candidates), e.Relation, e.Table)
}

// Problem returns the code of the error on the wire.
func (e *AmbiguousRelationError) Problem() string { return "PGRST201" }

// ProblemText returns message, details and hint for a client.
func (e *AmbiguousRelationError) ProblemText() (message, details, hint string) {
	name, _, _ := strings.Cut(e.Relation, "!")
	choices := make([]string, len(e.Candidates))
	for i, candidate := range e.Candidates {
		choices[i] = "'" + candidate.Name + "'"
	}
	return fmt.Sprintf("Could not embed because more than one relationship was found for '%s' and '%s'", e.Table, name), "",
		fmt.Sprintf("Try changing '%s' to one of the following: %s. Find the desired relationship in the 'details' key.", name, strings.Join(choices, ", "))
}

// ProblemDetails returns the candidates as JSON.
func (e *AmbiguousRelationError) ProblemDetails() json.RawMessage {
	text, err := json.Marshal(e.Candidates)
	if err != nil {
		return nil
	}
	return text
}

// ErrTxDone reports the use of a transaction after its function returned.
var ErrTxDone = Coded("store: the transaction is over", "XX000")
