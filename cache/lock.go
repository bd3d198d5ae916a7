package cache

import (
	"context"
	"time"
)

// Locker is the right to load a key, of one process at a time. It must be safe for
// concurrent use. Package cache/redis has one.
type Locker[K comparable] interface {
	// TryLock takes the right for at most a time. ok is false while another has it, and
	// unlock is nil then.
	TryLock(ctx context.Context, key K, ttl time.Duration) (unlock func(), ok bool, err error)
}

// lockPoll is how often a value is looked for while another process loads it.
const lockPoll = 20 * time.Millisecond

// fetchLocked loads a key while no other process does, or waits for the value of the
// one that does. Where the lock fails it loads without.
func (l *Loader[K, V]) fetchLocked(ctx context.Context, key K) (V, error) {
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		unlock, ok, err := l.opts.Lock.TryLock(ctx, key, l.opts.Timeout)
		if err != nil {
			l.failed(ctx, "lock", err)
			return l.fetch(ctx, key)
		}
		if ok {
			defer unlock()
		}
		// Another may have loaded it since this process looked.
		if kept, found, err := l.cache.Get(ctx, key); err == nil && found && l.isNew(&kept) {
			return kept.result()
		}
		if ok {
			return l.fetch(ctx, key)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			var zero V
			return zero, ctx.Err()
		}
	}
}
