package cache

import (
	"context"
	"time"
)

// Cache keeps values by key, each for a time. What a backend is short of room for is
// forgotten before. It is safe for concurrent use. Values are shared by everybody
// who gets them and must not be changed.
//
// An error means that the backend could not be asked; there is nothing to do about it
// but to go on without a cache.
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

	// Since is from before the value was found out. A value whose key was deleted,
	// or one of whose tags was purged, since then is not kept. Zero means that the
	// value is of now.
	Since Mark
}
