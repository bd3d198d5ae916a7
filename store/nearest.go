package store

import "github.com/seed-7694ebf6/plinth/internal/spelling"

// nearest returns the name that is most like the given one, or "" if none is
// much like it. The first of several wins.
func nearest(name string, among []string) string {
	best, distance := "", spelling.Limit(name)
	for _, other := range among {
		if other == name {
			continue
		}
		if d := spelling.Distance(name, other, distance); d < distance {
			best, distance = other, d
		}
	}
	return best
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
