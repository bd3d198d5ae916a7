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

// TryLock implements cache.Locker. One of all processes holds the lock of a key until it
// unlocks or ttl has passed. The lock prevents duplicate work but does not guarantee
// mutual exclusion. A process that is suspended for longer than ttl loses the lock
// without notice, and two processes may hold it after Redis has lost data.
func (c *Cache[K, V]) TryLock(ctx context.Context, key K, ttl time.Duration) (unlock func(), ok bool, err error) {
	if ttl <= 0 {
		return nil, false, errors.New("redis: a lock needs a time")
	}
	s, err := c.client.session(ctx)
	if err != nil {
		return nil, false, err
	}
	name, token := c.name(s, "l", c.opts.Key(key)), rand.Text()
	err = s.run(ctx, "lock", s.client.opts.Timeout, func(ctx context.Context) error {
		text, err := s.conn.Do(ctx, s.conn.B().Set().Key(name).Value(token).Nx().PxMilliseconds(max(ttl.Milliseconds(), 1)).Build()).ToString()
		if rueidis.IsRedisNil(err) {
			return nil
		}
		if err == nil && text != "OK" {
			return errGarbage
		}
		ok = err == nil
		return garbled(err)
	})
	if err != nil || !ok {
		return nil, false, err
	}
	return func() { s.unlock(context.WithoutCancel(ctx), name, token) }, true, nil
}

// unlock releases a lock. If that fails, the lock expires.
func (s *session) unlock(ctx context.Context, name, token string) {
	_ = s.run(ctx, "unlock", s.client.opts.Timeout, func(ctx context.Context) error {
		_, _, err := s.script(ctx, scriptUnlock, []string{name}, token)
		return err
	})
}
