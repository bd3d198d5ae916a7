package store

import "github.com/seed-7694ebf6/plinth/internal/spelling"

// nearest returns the name that is most like the given one, or "" if none is
// much like it. The first of several wins.
func nearest(name string, among []string) string {
	const longest = 128 // bounds the work; a plain name has 63 bytes
	best, distance := "", (len(name)+2)/3+1
	if len(name) > longest {
		return ""
	}
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
