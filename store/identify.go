package store

// pinned reports whether a condition fixes the primary key, so that it selects
// one row at most.
func pinned(t *Table, where Cond) bool {
	if where.IsZero() {
		return false
	}
	nodes := conjuncts(where)
	fixed := 0
	for _, pk := range t.PrimaryKey {
		for _, n := range nodes {
			if n.kind == nodeCompare && n.op == OpEq && n.quant == quantNone && n.name == pk.Name {
				fixed++
				break
			}
		}
	}
	return fixed == len(t.PrimaryKey)
}
