package store

import "github.com/seed-7694ebf6/plinth/internal/spelling"

// nearest returns the name that is most like the given one, or "" if none is
// much like it. The first of several wins.
func nearest(name string, among []string) string {
	self := func(other string) string { return other }
	return spelling.Nearest(name, spelling.Limit(name), among, self, func(other string) bool { return other != name })
}

// nearestColumn returns the name of the column that is most like the given one. A guard
// limits it to readable columns.
func (t *Table) nearestColumn(name string, guard *Guard) string {
	names := make([]string, 0, len(t.Columns))
	for _, c := range t.Columns {
		if guard == nil || guard.Readable.Has(c) {
			names = append(names, c.Name)
		}
	}
	return nearest(name, names)
}
