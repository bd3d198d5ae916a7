package compress

import (
	"cmp"
	"net/http"

	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

// Options tune the middleware. The zero value is ready to use.
type Options struct {
	// MinSize is the size in bytes from which a response is compressed. New panics if it is
	// negative.
	//
	// Defaults to 1024.
	MinSize int
}

// New returns middleware that compresses responses. It panics if the options are invalid.
func New(opts Options) func(http.Handler) http.Handler {
	if opts.MinSize < 0 {
		panic("compress: MinSize is negative")
	}
	shared := newShared(cmp.Or(opts.MinSize, 1024))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if len(r.Header["Upgrade"]) > 0 {
				next.ServeHTTP(w, r)
				return
			}
			// Writers are not used again: a goroutine that outlives its request would write
			// into the answer of another.
			cw := &writer{ResponseWriter: w, shared: shared, request: r, coding: choose(r)}
			inside := plainTags(r)
			defer reqinfo.NoteRoute(inside)
			next.ServeHTTP(cw, inside)
			cw.finish() // not after a panic: what was begun must not look complete
		})
	}
}
