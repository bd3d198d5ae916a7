package redis

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/memory"
)

// Options tune a cache.
type Options[K comparable, V any] struct {
	// Name identifies a cache of the client. Caches of the same name share their values,
	// in all processes, and must agree on K, V, Codec and TTL. It must not contain colons,
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

// Validate returns an error if Name, TTL or Key is missing or invalid.
func (o Options[K, V]) Validate() error {
	switch {
	case o.Name == "":
		return errNoName
	case strings.Contains(o.Name, ":"):
		return errors.New("redis: the name of a cache must not have colons")
	case o.TTL < 0 || o.TTL > longestTTL:
		return fmt.Errorf("redis: TTL must be positive and at most %s", longestTTL)
	case o.Key == nil && keyOf[K]() == nil:
		return errors.New("redis: Key is required for keys that are neither text nor integers")
	}
	return nil
}

var errNoName = errors.New("redis: a cache needs a client and a name")

// Cache keeps values in Redis, and those that were used last in the process. It is safe
// for concurrent use.
type Cache[K comparable, V any] struct {
	client *Client
	opts   Options[K, V]
	near   *memory.Cache[string, item[V]] // by the text of the key
	memory time.Duration                  // how long Redis remembers a Delete or a Purge
}

// item is a value in the process.
type item[V any] struct {
	value V
	size  uint64
}

var _ cache.Cache[string, int] = (*Cache[string, int])(nil)

const longestTTL = 7 * 24 * time.Hour

// New returns a cache in the Redis of a client.
func New[K comparable, V any](client *Client, opts Options[K, V]) (*Cache[K, V], error) {
	if client == nil {
		return nil, errNoName
	}
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	opts.TTL = cmp.Or(opts.TTL, time.Hour)
	if opts.Key == nil {
		opts.Key = keyOf[K]()
	}
	if opts.Codec == nil {
		opts.Codec = cache.JSON[V]{}
	}
	c := &Cache[K, V]{client: client, opts: opts, memory: 2 * max(opts.TTL, time.Hour)}
	if size := cmp.Or(opts.Near, 16<<20); size > 0 {
		var err error
		c.near, err = memory.New(memory.Options[string, item[V]]{
			Cost: uint64(size), CostOf: func(key string, it item[V]) uint64 { return uint64(len(key)) + it.size }, TTL: opts.TTL,
		})
		if err != nil {
			return nil, err
		}
		client.nearMu.Lock()
		client.near[opts.Name] = append(client.near[opts.Name], c.near)
		client.nearMu.Unlock()
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
func (c *Cache[K, V]) name(kind, key string) string {
	return c.client.opts.Prefix + ":" + kind + ":" + c.opts.Name + ":" + key
}

// clock returns the name of the time of the last Delete or Purge.
func (c *Cache[K, V]) clock() string { return c.client.opts.Prefix + ":c:" + c.opts.Name }

// Get implements cache.Cache.
func (c *Cache[K, V]) Get(ctx context.Context, key K) (value V, ok bool, err error) {
	text := c.opts.Key(key)
	if c.near == nil || c.client.current.Load() == nil {
		return c.fetch(ctx, text)
	}
	if it, ok, _ := c.near.Get(ctx, text); ok {
		return it.value, true, nil
	}
	return c.fetch(ctx, text)
}

// fetch reads from Redis and keeps the value in the process, unless it is invalidated in
// the meantime.
func (c *Cache[K, V]) fetch(ctx context.Context, text string) (value V, ok bool, err error) {
	var mark cache.Mark
	if c.near != nil {
		mark, _ = c.near.Mark(ctx)
	}
	var r record
	var left time.Duration
	err = c.client.do(ctx, "get", c.client.opts.Timeout, func(ctx context.Context, conn rueidis.Client) error {
		result := c.read(ctx, conn, c.name("v", text))[0]
		data, err := result.ToString()
		if err == nil {
			left = time.Duration(result.CachePTTL()) * time.Millisecond
			if r, ok = parseRecord(data); ok {
				ok, err = c.isCurrent(ctx, conn, r)
			}
		}
		return unlessNil(err)
	})
	if err != nil || !ok {
		return value, false, err
	}
	if value, err = c.opts.Codec.Decode([]byte(r.value)); err != nil {
		var zero V
		return zero, false, fmt.Errorf("redis: a value of cache %s: %w", c.opts.Name, err)
	}
	if c.near != nil && left > 0 {
		tags := []string{everything}
		for _, tag := range r.tags {
			tags = append(tags, "t"+tag)
		}
		_ = c.near.Set(ctx, text, item[V]{value, uint64(len(r.value))}, cache.SetOptions{TTL: left, Tags: tags, Since: mark})
	}
	return value, true, nil
}

// read reads keys, from the memory of rueidis if this process keeps values.
func (c *Cache[K, V]) read(ctx context.Context, conn rueidis.Client, names ...string) []rueidis.RedisResult {
	if c.near == nil {
		commands := make([]rueidis.Completed, len(names))
		for i, name := range names {
			commands[i] = conn.B().Get().Key(name).Build()
		}
		return conn.DoMulti(ctx, commands...)
	}
	commands := make([]rueidis.CacheableTTL, len(names))
	for i, name := range names {
		commands[i] = rueidis.CT(conn.B().Get().Key(name).Cache(), c.memory)
	}
	return conn.DoMultiCache(ctx, commands...)
}

// unlessNil returns nil for the reply that a key does not exist.
func unlessNil(err error) error {
	if rueidis.IsRedisNil(err) {
		return nil
	}
	return err
}

// isCurrent reports whether the tags of a record still have the versions in it.
func (c *Cache[K, V]) isCurrent(ctx context.Context, conn rueidis.Client, r record) (bool, error) {
	names := make([]string, len(r.tags))
	for i, tag := range r.tags {
		names[i] = c.name("t", tag)
	}
	for i, result := range c.read(ctx, conn, names...) {
		version, err := result.ToString()
		if err != nil || version != r.versions[i] {
			return false, err
		}
	}
	return true, nil
}

// Set implements cache.Cache.
func (c *Cache[K, V]) Set(ctx context.Context, key K, value V, opts cache.SetOptions) error {
	tags := slices.Compact(slices.Sorted(slices.Values(opts.Tags)))
	payload, err := c.opts.Codec.Append(appendTags(nil, tags), value)
	if err != nil {
		return fmt.Errorf("redis: a value of cache %s: %w", c.opts.Name, err)
	}
	ttl := c.opts.TTL
	if opts.TTL > 0 {
		ttl = min(ttl, opts.TTL)
	}
	text := c.opts.Key(key)
	keys := append(make([]string, 0, 2+len(tags)), c.name("v", text), c.name("d", text))
	for _, tag := range tags {
		keys = append(keys, c.name("t", tag))
	}
	return c.client.change(ctx, "set", c.client.opts.Timeout, scriptSet, keys,
		strconv.FormatUint(uint64(opts.Since), 10), milliseconds(ttl), milliseconds(c.memory), "new-"+rand.Text(), string(payload))
}

// Delete implements cache.Cache. After an error Redis may still have the value; see the
// package documentation for the consequences.
func (c *Cache[K, V]) Delete(ctx context.Context, key K) error {
	text := c.opts.Key(key)
	return c.forget(ctx, 1, c.clock(), c.name("d", text), c.name("v", text))
}

// Purge implements cache.Cache. After an error Redis may still have the values; see the
// package documentation for the consequences.
func (c *Cache[K, V]) Purge(ctx context.Context, tags ...string) error {
	if len(tags) == 0 {
		return nil
	}
	keys := append(make([]string, 0, 1+len(tags)), c.clock())
	for _, tag := range tags {
		keys = append(keys, c.name("t", tag))
	}
	return c.forget(ctx, len(tags), keys...)
}

// forget runs scriptForget. It continues if ctx ends, because the caller has changed what
// the values depend on.
func (c *Cache[K, V]) forget(ctx context.Context, set int, keys ...string) error {
	return c.client.change(context.WithoutCancel(ctx), "forget", 5*c.client.opts.Timeout, scriptForget, keys,
		milliseconds(c.memory), strconv.Itoa(set))
}

// Mark implements cache.Cache. It is the time of the last Delete or Purge that this process
// knows of. A mark that is too early is safe.
func (c *Cache[K, V]) Mark(ctx context.Context) (mark cache.Mark, err error) {
	mark = 1 // before any Delete or Purge
	err = c.client.do(ctx, "mark", c.client.opts.Timeout, func(ctx context.Context, conn rueidis.Client) error {
		now, err := c.read(ctx, conn, c.clock())[0].AsUint64()
		if err == nil {
			mark = cache.Mark(now)
		}
		return unlessNil(err)
	})
	return mark, err
}

// change runs a script that writes. The reply to the PING comes after the invalidations
// that the script has caused, so this process does not read its own old copies afterwards.
func (c *Client) change(ctx context.Context, what string, timeout time.Duration, script string, keys []string, args ...string) error {
	return c.do(ctx, what, timeout, func(ctx context.Context, conn rueidis.Client) error {
		eval := conn.B().Eval().Script(script).Numkeys(int64(len(keys))).Key(keys...).Arg(args...).Build()
		for _, result := range conn.DoMulti(ctx, eval, conn.B().Ping().Build()) {
			if err := result.Error(); err != nil {
				return err
			}
		}
		return nil
	})
}

func milliseconds(d time.Duration) string {
	return strconv.FormatInt(max(d.Milliseconds(), 1), 10)
}
