package cache

import (
	"context"
	"time"
)

// Cache stores values by key until they expire. A backend that is short of memory may
// evict them earlier. It is safe for concurrent use. Callers share the values and must
// not change them.
//
// An error means that the backend is unavailable. Callers should continue without a
// cache.
type Cache[K comparable, V any] interface {
	// Get returns the value of a key. ok is false where none is kept.
	Get(ctx context.Context, key K) (value V, ok bool, err error)

	// Set keeps a value for a key, in place of another.
	Set(ctx context.Context, key K, value V, opts SetOptions) error

	// Delete forgets the value of a key.
	Delete(ctx context.Context, key K) error

	// Purge forgets all values that were set with one of the tags.
	Purge(ctx context.Context, tags ...string) error

	// Mark returns a mark of now.
	Mark(ctx context.Context) (Mark, error)
}

// Mark is a place in the order in which a cache forgets.
type Mark uint64

// SetOptions say how long a value is kept, and when it is forgotten before.
type SetOptions struct {
	// TTL is how long the value is kept.
	//
	// Defaults to the backend's longest time.
	TTL time.Duration

	// Tags are what the value depends on, for Purge.
	Tags []string

	// Since is a mark from before the value was loaded. The value is discarded if its
	// key was deleted, or one of its tags purged, since the mark. Zero means that the
	// value is current.
	Since Mark
}
