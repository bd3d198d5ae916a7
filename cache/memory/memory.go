// Package memory keeps values in the process, for package cache.
package memory

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/seed-7694ebf6/plinth/cache"
)

// Options tune a cache. Exactly one of Size and Cost bounds it.
type Options[K comparable, V any] struct {
	// Size is the number of values that are kept.
	Size int

	// Cost is how many bytes all values that are kept take together: what CostOf
	// says of them, and 192 more for each.
	Cost uint64

	// CostOf says how many bytes a value and its key take. One that takes more, with
	// what is added, than a uint32 holds, or than Cost, is not kept.
	CostOf func(key K, value V) uint64

	// TTL is the longest time for which a value is given. Its room is free when it is
	// needed, not before.
	//
	// Defaults to an hour.
	TTL time.Duration

	// Now returns the current time. Replace it in tests.
	//
	// Defaults to [time.Now].
	Now func() time.Time
}

// Validate returns an error if a number is negative or not exactly one of Size and Cost is set.
func (o Options[K, V]) Validate() error {
	if (o.Size > 0) == (o.Cost > 0) || o.Size < 0 {
		return errors.New("memory: set exactly one of Size and Cost")
	}
	if (o.Cost > 0) != (o.CostOf != nil) {
		return errors.New("memory: Cost and CostOf belong together")
	}
	if o.TTL < 0 {
		return errors.New("memory: TTL must not be negative")
	}
	return nil
}

// Cache keeps values in the process, at most as many as its options say; those least
// likely to be used again go first. It has no goroutines of its own. It is safe for
// concurrent use.
type Cache[K comparable, V any] struct {
	opts  Options[K, V]
	items *otter.Cache[K, *item[V]]

	// clock counts what was forgotten, and a Mark is its reading.
	clock   atomic.Uint64
	seed    maphash.Seed
	deleted [deleteStripes]stripe
	purged  [purgeStripes]atomic.Uint64
}

// entryCost is the approximate overhead of an entry in bytes. Without it empty values would
// not be bounded, such as those of missing keys, of which clients can request any number.
const entryCost = 192

// Deletes and purges are recorded by stripe, so that their memory is constant. Keys or
// tags that share a stripe are invalidated together, which is safe and rare.
const (
	deleteStripes = 256
	purgeStripes  = 1 << 14
)

// stripe orders what is set and deleted of some keys.
type stripe struct {
	mu   sync.Mutex
	last uint64 // reading of the clock at the last Delete
}

// item is a value that is kept.
type item[V any] struct {
	value   V
	cost    uint32
	expires int64 // Unix nanoseconds
	since   uint64
	tags    []uint32 // stripes
}

var _ cache.Cache[string, int] = (*Cache[string, int])(nil)

// New returns an empty cache.
func New[K comparable, V any](opts Options[K, V]) (*Cache[K, V], error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	opts.TTL = cmp.Or(opts.TTL, time.Hour)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	bound := &otter.Options[K, *item[V]]{MaximumSize: opts.Size}
	if opts.Cost > 0 {
		bound.MaximumWeight, bound.Weigher = opts.Cost, func(_ K, it *item[V]) uint32 { return it.cost }
	}
	items, err := otter.New(bound)
	if err != nil {
		return nil, err
	}
	c := &Cache[K, V]{opts: opts, items: items, seed: maphash.MakeSeed()}
	c.clock.Store(1) // zero is no mark
	return c, nil
}

// Get implements cache.Cache. It never fails.
func (c *Cache[K, V]) Get(_ context.Context, key K) (value V, ok bool, err error) {
	it, ok := c.items.GetIfPresent(key)
	if !ok || it.expires <= c.opts.Now().UnixNano() || c.isPurged(it.tags, it.since) {
		return value, false, nil
	}
	return it.value, true, nil
}

// isPurged reports whether one of the tags was purged since a reading of the clock.
func (c *Cache[K, V]) isPurged(tags []uint32, since uint64) bool {
	for _, tag := range tags {
		if c.purged[tag].Load() > since {
			return true
		}
	}
	return false
}

// Set implements cache.Cache. It never fails.
func (c *Cache[K, V]) Set(_ context.Context, key K, value V, opts cache.SetOptions) error {
	it := &item[V]{value: value, since: uint64(opts.Since), tags: c.tagStripes(opts.Tags)}
	if it.since == 0 {
		it.since = c.clock.Load()
	}
	ttl := c.opts.TTL
	if opts.TTL > 0 {
		ttl = min(ttl, opts.TTL)
	}
	it.expires = c.opts.Now().Add(ttl).UnixNano()
	s := c.stripeOf(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last > it.since || c.isPurged(it.tags, it.since) {
		return nil // a newer value may be there
	}
	if c.opts.CostOf != nil {
		cost := c.opts.CostOf(key, value)
		if cost > math.MaxUint32-entryCost || cost+entryCost > c.opts.Cost {
			c.items.Invalidate(key) // what it replaces is old
			return nil
		}
		it.cost = uint32(cost + entryCost)
	}
	c.items.Set(key, it)
	return nil
}

// Delete implements cache.Cache. It never fails.
func (c *Cache[K, V]) Delete(_ context.Context, key K) error {
	s := c.stripeOf(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = c.clock.Add(1)
	c.items.Invalidate(key)
	return nil
}

// Purge implements cache.Cache. It never fails. What was purged is not given any more;
// its room is free when it is needed.
func (c *Cache[K, V]) Purge(_ context.Context, tags ...string) error {
	for _, stripe := range c.tagStripes(tags) {
		now := c.clock.Add(1)
		for {
			last := c.purged[stripe].Load()
			if last >= now || c.purged[stripe].CompareAndSwap(last, now) {
				break
			}
		}
	}
	return nil
}

// Mark implements cache.Cache. It never fails.
func (c *Cache[K, V]) Mark(context.Context) (cache.Mark, error) {
	return cache.Mark(c.clock.Load()), nil
}

func (c *Cache[K, V]) stripeOf(key K) *stripe {
	return &c.deleted[maphash.Comparable(c.seed, key)%deleteStripes]
}

func (c *Cache[K, V]) tagStripes(tags []string) []uint32 {
	if len(tags) == 0 {
		return nil
	}
	out := make([]uint32, len(tags))
	for i, tag := range tags {
		out[i] = uint32(maphash.String(c.seed, tag) % purgeStripes)
	}
	return out
}
