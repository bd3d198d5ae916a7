package query

import (
	"slices"

	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Lacking returns the bound condition for rows of a table whose values of some columns are not
// known. Comparisons of these columns, and relations by them, are unknown.
func Lacking(c Cond, t *schema.Table, absent *schema.ColumnSet) (Cond, error) {
	bound, err := Bind(t, c)
	if err != nil || bound.IsZero() {
		return bound, err
	}
	return Cond{bound.n.lacking(absent)}, nil
}

func (n *Node) lacking(absent *schema.ColumnSet) *Node {
	known := *n
	switch {
	case n.Kind == NodeCompare && absent.Has(n.Column), n.Kind == NodeRelated && slices.ContainsFunc(n.Relation.SourceKeys, absent.Has):
		return &Node{Kind: NodeUnknown}
	case n.Kind != NodeRelated: // its condition is on other rows
		known.Kids = make([]*Node, len(n.Kids))
		for i, k := range n.Kids {
			known.Kids[i] = k.lacking(absent)
		}
	}
	return &known
}
