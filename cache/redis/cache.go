package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/memory"
)

// Options tune a cache.
type Options[K comparable, V any] struct {
	// Name identifies a cache of the client. Caches of the same name share their values,
	// in all processes, and must agree on K, V and Codec. It must not contain colons,
	// which terminate it in the keys of Redis.
	Name string

	// Key encodes a key. Different keys must have different texts.
	//
	// Defaults to the text of strings and the decimal form of integers; it is
	// required for other types.
	Key func(key K) string

	// Codec writes values.
	//
	// Defaults to [cache.JSON].
	Codec cache.Codec[V]

	// TTL is the longest time for which a value is kept, at most a week. It bounds the
	// age of a value after a lost purge; see the package documentation.
	//
	// Defaults to an hour.
	TTL time.Duration

	// Near is how many bytes of values, as the codec writes them, with what package
	// cache/memory adds for each, are kept in this process besides. Negative keeps
	// none, and every Get asks Redis.
	//
	// Defaults to 16 MiB.
	Near int64
}

// Cache keeps values in Redis, and those that were used last in the process. It is
// safe for concurrent use.
type Cache[K comparable, V any] struct {
	client *Client
	opts   Options[K, V]
	near   *memory.Cache[K, *item[V]]
}

// item is a value that is kept in the process.
type item[V any] struct {
	value          V
	size           uint64
	session        uint64 // by which it was read
	since, written uint64
	key            uint16
	tags           []uint16
}

var _ cache.Cache[string, int] = (*Cache[string, int])(nil)

// tagsAtMost bounds the tags of one value, and of what is forgotten at once.
const tagsAtMost = 1000

// New returns a cache in the Redis of a client.
func New[K comparable, V any](client *Client, opts Options[K, V]) (*Cache[K, V], error) {
	if client == nil || opts.Name == "" {
		return nil, errors.New("redis: a cache needs a client and a name")
	}
	if strings.Contains(opts.Name, ":") {
		return nil, errors.New("redis: the name of a cache must not have colons")
	}
	opts.TTL = cmp.Or(opts.TTL, time.Hour)
	if opts.TTL < 0 || opts.TTL > longestTTL {
		return nil, fmt.Errorf("redis: TTL must be positive and at most %s", longestTTL)
	}
	if opts.Key == nil {
		if opts.Key = keyOf[K](); opts.Key == nil {
			return nil, errors.New("redis: Key is required for keys that are neither text nor integers")
		}
	}
	if opts.Codec == nil {
		opts.Codec = cache.JSON[V]{}
	}
	opts.Near = cmp.Or(opts.Near, 16<<20)
	c := &Cache[K, V]{client: client, opts: opts}
	if opts.Near > 0 {
		near, err := memory.New(memory.Options[K, *item[V]]{
			Cost: uint64(opts.Near), CostOf: func(_ K, it *item[V]) uint64 { return it.size }, TTL: opts.TTL,
		})
		if err != nil {
			return nil, err
		}
		c.near = near
	}
	return c, nil
}

// keyOf returns how keys of a type are written, or nil.
func keyOf[K comparable]() func(K) string {
	switch reflect.TypeFor[K]().Kind() {
	case reflect.String:
		return func(key K) string { return reflect.ValueOf(key).String() }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(key K) string { return strconv.FormatInt(reflect.ValueOf(key).Int(), 10) }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(key K) string { return strconv.FormatUint(reflect.ValueOf(key).Uint(), 10) }
	}
	return nil
}

// name returns the name of a key in Redis.
func (c *Cache[K, V]) name(s *session, kind, key string) string {
	return s.client.prefix + ":" + s.epoch + ":" + kind + ":" + c.opts.Name + ":" + key
}

// Get implements cache.Cache.
func (c *Cache[K, V]) Get(ctx context.Context, key K) (value V, ok bool, err error) {
	s, err := c.client.session(ctx)
	if err != nil {
		return value, false, err
	}
	if c.near != nil {
		if it, ok, _ := c.near.Get(ctx, key); ok && it.session == s.number && !s.isForgotten(it.key, it.tags, it.since, it.written) {
			return it.value, true, nil
		}
	}
	return c.fetch(ctx, s, key)
}

// isForgotten reports whether the key was forgotten, or overwritten, since a value was
// written, or a tag since it was found out.
func (s *session) isForgotten(key uint16, tags []uint16, since, written uint64) bool {
	if s.mirror.stripes[key].Load() > written {
		return true
	}
	for _, tag := range tags {
		if s.mirror.stripes[tag].Load() > since {
			return true
		}
	}
	return false
}

// fetch reads from Redis.
func (c *Cache[K, V]) fetch(ctx context.Context, s *session, key K) (value V, ok bool, err error) {
	text := c.opts.Key(key)
	data, ttl, err := s.get(ctx, c.name(s, "v", text))
	if err != nil || data == "" {
		return value, false, err
	}
	r, ok := parseRecord(data, text)
	if !ok {
		err := fmt.Errorf("%w: a value of cache %s cannot be read", errGarbage, c.opts.Name)
		s.failed(err)
		return value, false, err
	}
	stripe := stripeOf(kindKey, c.opts.Name, text)
	if s.isForgotten(stripe, r.tags, r.since, r.written) {
		return value, false, nil
	}
	if value, err = c.opts.Codec.Decode(r.value); err != nil {
		var zero V
		return zero, false, fmt.Errorf("redis: a value of cache %s: %w", c.opts.Name, err)
	}
	if c.near != nil {
		it := &item[V]{
			value: value, size: uint64(len(data)), session: s.number,
			since: r.since, written: r.written, key: stripe, tags: r.tags,
		}
		_ = c.near.Set(ctx, key, it, cache.SetOptions{TTL: ttl})
	}
	return value, true, nil
}

// Set implements cache.Cache. A value is discarded if the connection was lost after its
// mark.
func (c *Cache[K, V]) Set(ctx context.Context, key K, value V, opts cache.SetOptions) error {
	s, err := c.client.session(ctx)
	if err != nil {
		return err
	}
	var since uint64
	if opts.Since != 0 {
		var current bool
		if since, current = readingOf(opts.Since, s.number); !current {
			return nil
		}
	}
	if len(opts.Tags) > tagsAtMost {
		return fmt.Errorf("redis: a value has %d tags, at most %d are possible", len(opts.Tags), tagsAtMost)
	}
	text := c.opts.Key(key)
	tags := c.tagStripes(opts.Tags)
	head := appendHead(nil, text, tags)
	data, err := c.opts.Codec.Append(head, value)
	if err != nil {
		return fmt.Errorf("redis: a value of cache %s: %w", c.opts.Name, err)
	}
	seal(data)
	ttl := c.opts.TTL
	if opts.TTL > 0 {
		ttl = min(ttl, opts.TTL)
	}
	stripe := stripeOf(kindKey, c.opts.Name, text)
	status, reading, err := s.set(ctx, c.name(s, "v", text), string(data), ttl, since, append([]uint16{stripe}, tags...))
	if err != nil {
		return err
	}
	if status == statusOver {
		s.mirror.forget(stripe, reading)
	}
	if status != statusOld && c.near != nil {
		_ = c.near.Delete(ctx, key)
	}
	return nil
}

// Delete implements cache.Cache. After an error Redis may still have the value; see the
// package documentation for the consequences.
func (c *Cache[K, V]) Delete(ctx context.Context, key K) error {
	text := c.opts.Key(key)
	return c.client.forget(ctx, []uint16{stripeOf(kindKey, c.opts.Name, text)}, func(s *session) string { return c.name(s, "v", text) })
}

// Purge implements cache.Cache. After an error Redis may still have the values; see the
// package documentation for the consequences.
func (c *Cache[K, V]) Purge(ctx context.Context, tags ...string) error {
	for part := range slices.Chunk(c.tagStripes(tags), tagsAtMost) {
		if err := c.client.forget(ctx, part, func(*session) string { return "" }); err != nil {
			return err
		}
	}
	return nil
}

// tagStripes returns the stripes of tags, each once.
func (c *Cache[K, V]) tagStripes(tags []string) []uint16 {
	out := make([]uint16, len(tags))
	for i, tag := range tags {
		out[i] = stripeOf(kindTag, c.opts.Name, tag)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// A mark is a reading of the clock, and in which session it was read.
const readingBits = 40

// Mark implements cache.Cache. It sends nothing to Redis, because a mark that is too early
// is safe.
func (c *Cache[K, V]) Mark(ctx context.Context) (cache.Mark, error) {
	s, err := c.client.session(ctx)
	if err != nil {
		return 0, err
	}
	return cache.Mark(s.number<<readingBits | s.mirror.clock.Load()&(1<<readingBits-1)), nil
}

// readingOf returns the reading of a mark of a session.
func readingOf(mark cache.Mark, session uint64) (reading uint64, ok bool) {
	return uint64(mark) & (1<<readingBits - 1), uint64(mark)>>readingBits == session
}
