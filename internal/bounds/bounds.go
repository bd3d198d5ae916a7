// Package bounds holds default limits of a request that several packages enforce: the
// middleware and the surfaces.
package bounds

import "runtime"

const (
	// Body is the size of a body in bytes.
	Body = 1 << 20

	// Query is the length of a query string in bytes.
	Query = 8 << 10

	// Params is the number of parameters in a query string.
	Params = 64

	// Path is the length of a path in bytes, as it stands in the request.
	Path = 8 << 10

	// Header is the size of the header in bytes.
	Header = 32 << 10
)

// Requests is the number of requests that are served at a time.
func Requests() int { return 64 * runtime.GOMAXPROCS(0) }
