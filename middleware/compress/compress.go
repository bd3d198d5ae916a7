package compress

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

// Options tune the middleware. The zero value is ready to use.
type Options struct {
	// MinSize is the size in bytes from which a response is compressed.
	//
	// Defaults to 1024.
	MinSize int
}

// Validate returns an error if MinSize is negative.
func (o Options) Validate() error {
	if o.MinSize < 0 {
		return errors.New("compress: MinSize is negative")
	}
	return nil
}

// New returns middleware that compresses responses.
func New(opts Options) (func(http.Handler) http.Handler, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
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
	}, nil
}
