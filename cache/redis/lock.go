package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/redis/rueidis"

	"github.com/seed-7694ebf6/plinth/cache"
)

var _ cache.Locker[string] = (*Cache[string, int])(nil)

// scriptUnlock releases a lock if the token still holds it.
//
// KEYS lock; ARGV token
var scriptUnlock = newScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('UNLINK', KEYS[1]) end
return 0`)

// newScript returns a script with a hash that the server computes. SHA-1 of the standard library
// is not available under GODEBUG=fips140=only.
func newScript(text string) *rueidis.Lua {
	return rueidis.NewLuaScript(text, rueidis.WithLoadSHA1(true))
}

// TryLock implements cache.Locker. One of all processes holds the lock of a key until it
// unlocks or ttl has passed. The lock prevents duplicate work but does not guarantee
// mutual exclusion. A process that is suspended for longer than ttl loses the lock
// without notice, and two processes may hold it after Redis has lost data.
func (c *Cache[K, V]) TryLock(ctx context.Context, key K, ttl time.Duration) (unlock func(), ok bool, err error) {
	if ttl <= 0 {
		return nil, false, errors.New("redis: a lock needs a time")
	}
	name, token := c.name("l", c.opts.Key(key)), rand.Text()
	err = c.client.do(ctx, "lock", c.client.opts.Timeout, func(ctx context.Context, conn rueidis.Client) error {
		set := conn.B().Set().Key(name).Value(token).Nx().PxMilliseconds(max(ttl.Milliseconds(), 1)).Build()
		err := conn.Do(ctx, set).Error()
		ok = err == nil
		return unlessNil(err)
	})
	if err != nil || !ok {
		return nil, false, err
	}
	return func() { c.unlock(context.WithoutCancel(ctx), name, token) }, true, nil
}

// unlock releases a lock. If that fails, the lock expires.
func (c *Cache[K, V]) unlock(ctx context.Context, name, token string) {
	_ = c.client.do(ctx, "unlock", c.client.opts.Timeout, func(ctx context.Context, conn rueidis.Client) error {
		return scriptUnlock.Exec(ctx, conn, []string{name}, []string{token}).Error()
	})
}
