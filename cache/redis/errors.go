package redis

import "fmt"

// awayError is an error that HTTP clients get as 503.
type awayError struct{ text string }

func (e *awayError) Error() string { return e.text }

// Problem returns the code of the error on the wire.
func (*awayError) Problem() string { return "PL503" }

// Errors of this package. A cache.Loader treats each of them as an empty cache.
var (
	// ErrUnavailable reports that Redis is unavailable, or that the pause after the last
	// failure has not ended.
	ErrUnavailable error = &awayError{"redis: not available"}

	// ErrClosed reports a client after Close.
	ErrClosed error = &awayError{"redis: the client is closed"}
)

func unavailable(cause error) error {
	if cause == nil {
		return ErrUnavailable
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, cause)
}
