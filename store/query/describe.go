package query

import "github.com/seed-7694ebf6/plinth/store/schema"

// Sees reports whether a relation exists for the scope: its target and its
// junction are exposed, and the columns that hold its foreign keys may be read.
func (s *Scope) Sees(r *schema.Relation) bool {
	source, target := s.GuardOf(r.Source), s.GuardOf(r.Target)
	if source == nil || target == nil {
		return false
	}
	if r.Junction == nil {
		return KeysReadable(r, source, target)
	}
	junction := s.GuardOf(r.Junction.Table)
	return junction != nil && JunctionReadable(r.Junction, junction)
}

// KeysReadable reports whether the guards of both ends, nil without a scope, let the
// foreign key of a relation without a junction be read. Following the relation reveals
// its value.
func KeysReadable(r *schema.Relation, source, target *Guard) bool {
	if r.BelongsTo {
		return source.reads(r.SourceKeys)
	}
	return target.reads(r.TargetKeys)
}

// JunctionReadable reports whether a guard lets both foreign keys of a junction be read.
func JunctionReadable(j *schema.Junction, g *Guard) bool {
	return g.reads(j.SourceKeys) && g.reads(j.TargetKeys)
}

// Possible reports whether a condition can hold for any row, as far as the variables of
// the scope decide it. A comparison with a variable without a value cannot hold, also
// under Not. The zero Cond cannot hold. Possible may report true for a condition that
// no row fulfils.
func (c Cond) Possible(variable func(name string) (string, bool)) bool {
	s := Scope{Var: variable}
	can, _ := s.possible(c.n)
	return can
}

// possible reports whether a node can be true, and whether it can be false.
func (s *Scope) possible(n *Node) (yes, no bool) {
	if n == nil {
		return false, false
	}
	switch n.Kind {
	case NodeTrue:
		return true, false
	case NodeFalse:
		return false, true
	case NodeNot:
		yes, no = s.possible(n.Kids[0])
		return no, yes
	case NodeAnd, NodeOr:
		return s.possibleGroup(n)
	case NodeRelated:
		for _, kid := range n.Kids {
			if can, _ := s.possible(kid); !can {
				return false, true
			}
		}
	case NodeCompare:
		if n.Operand.Kind == OperandVar {
			_, ok := s.Variable(n.Operand.name)
			return ok, ok
		}
	}
	return true, true
}

// possibleGroup is possible for and, and for or, which is its mirror.
func (s *Scope) possibleGroup(n *Node) (yes, no bool) {
	all, some := true, false
	for _, kid := range n.Kids {
		can, cannot := s.possible(kid)
		if n.Kind == NodeOr {
			can, cannot = cannot, can
		}
		all, some = all && can, some || cannot
	}
	if n.Kind == NodeOr {
		return some, all
	}
	return all, some
}
