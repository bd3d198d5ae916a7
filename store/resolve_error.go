package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/quote"
)

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
	name, by, hinted := strings.Cut(e.Relation, hintMark)
	name = quote.Text(name)
	message = fmt.Sprintf("Could not find a relationship between '%s' and '%s' in the schema cache", e.Table, name)
	details = fmt.Sprintf("Searched for a foreign key relationship between '%s' and '%s'", e.Table, name)
	if hinted {
		details += fmt.Sprintf(" using the hint '%s'", quote.Text(by))
	}
	details += " in the schema 'public', but no matches were found."
	if e.Near != "" {
		hint = fmt.Sprintf("Perhaps you meant '%s' instead of '%s'.", e.Near, quote.Text(e.Relation))
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
	name, _, _ := strings.Cut(e.Relation, hintMark)
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

// unresolved is the error for a name that means no relation of s, or several.
func (c *compiler) unresolved(s source, name string, several []*Relation, visible func(*Relation) bool) error {
	if several == nil {
		near := nearest(name, s.table.alternatives(name, visible))
		return &UnknownRelationError{Table: s.table.Name, Relation: name, Near: near}
	}
	e := &AmbiguousRelationError{Table: s.table.Name, Relation: name}
	for _, r := range several {
		e.Candidates = append(e.Candidates, RelationCandidate{
			Cardinality: r.cardinality(), Embedding: r.Source.Name + " with " + r.Target.Name,
			Relationship: c.relationship(s, r), Name: r.choice(several),
		})
	}
	return e
}

// cardinality says how many rows each side of the relation has.
func (r *Relation) cardinality() string {
	switch {
	case r.Junction != nil:
		return "many-to-many"
	case r.Many:
		return "one-to-many"
	case r.belongs && !r.Source.unique(r.SourceKeys):
		return "many-to-one"
	}
	return "one-to-one"
}

// unique reports whether no two rows have the same values in the columns.
func (t *Table) unique(columns []*Column) bool {
	same := func(key []*Column) bool { return slices.Equal(key, columns) }
	return same(t.PrimaryKey) || slices.ContainsFunc(t.UniqueKeys, same)
}

// relationship names the foreign keys of a relation that the scope knows.
func (c *compiler) relationship(s source, r *Relation) string {
	if j := r.Junction; j != nil {
		return fmt.Sprintf("%s using %s(%s) and %s(%s)", j.Table.Name,
			constraint(j.SourceKeys), joinNames(j.SourceKeys, ", "), constraint(j.TargetKeys), joinNames(j.TargetKeys, ", "))
	}
	target, _ := c.guarded(r.Target)
	return constraint(r.foreignKey()) + " using " + keyText(s.guard, r.SourceKeys) + " and " + keyText(target, r.TargetKeys)
}

// keyText names the columns of a table, if the guard lets them be read.
func keyText(g *Guard, columns []*Column) string {
	table := columns[0].Table.Name
	if !g.reads(columns) {
		return table
	}
	return table + "(" + joinNames(columns, ", ") + ")"
}
