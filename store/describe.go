package store

// Sees reports whether a relation exists for the scope: its target and its
// junction are exposed, and the columns that hold its foreign keys may be read.
func (s *Scope) Sees(r *Relation) bool {
	source, target := s.guard(r.Source), s.guard(r.Target)
	if source == nil || target == nil {
		return false
	}
	if r.Junction == nil {
		return keysReadable(r, source, target)
	}
	junction := s.guard(r.Junction.Table)
	return junction != nil && junctionReadable(r.Junction, junction)
}

// keysReadable reports whether the guards of both ends, nil without a scope, let the
// foreign key of a relation without a junction be read. Following the relation reveals
// its value.
func keysReadable(r *Relation, source, target *Guard) bool {
	if r.BelongsTo {
		return source.reads(r.SourceKeys)
	}
	return target.reads(r.TargetKeys)
}

func junctionReadable(j *Junction, g *Guard) bool {
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
func (s *Scope) possible(n *node) (yes, no bool) {
	if n == nil {
		return false, false
	}
	switch n.kind {
	case nodeTrue:
		return true, false
	case nodeFalse:
		return false, true
	case nodeNot:
		yes, no = s.possible(n.kids[0])
		return no, yes
	case nodeAnd, nodeOr:
		return s.possibleGroup(n)
	case nodeRelated:
		for _, kid := range n.kids {
			if can, _ := s.possible(kid); !can {
				return false, true
			}
		}
	case nodeCompare:
		if n.operand.kind == operandVar {
			_, ok := s.variable(n.operand.name)
			return ok, ok
		}
	}
	return true, true
}

// possibleGroup is possible for and, and for or, which is its mirror.
func (s *Scope) possibleGroup(n *node) (yes, no bool) {
	all, some := true, false
	for _, kid := range n.kids {
		can, cannot := s.possible(kid)
		if n.kind == nodeOr {
			can, cannot = cannot, can
		}
		all, some = all && can, some || cannot
	}
	if n.kind == nodeOr {
		return some, all
	}
	return all, some
}
