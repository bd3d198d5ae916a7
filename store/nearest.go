package store

import "github.com/seed-7694ebf6/plinth/internal/errtext"

// nearest returns the name that is most like the given one, or "" if none is
// much like it. The first of several wins.
func nearest(name string, among []string) string {
	self := func(other string) string { return other }
	return errtext.Nearest(name, errtext.MaxTypos(name), among, self, func(other string) bool { return other != name })
}
