package store

// actionRule returns the rule on the rows a write is for: the new ones of an
// insert, else those there are.
func (w *judged) actionRule() Cond {
	if w.op == OpInsert {
		return w.guard.Create
	}
	return w.changeRule()
}
