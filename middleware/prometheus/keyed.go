package prometheus

import (
	"maps"
	"sync"
	"sync/atomic"
)

// keyed maps keys to values without a lock and without allocating. Beyond maxSeries keys it
// returns rest.
type keyed[K comparable, V any] struct {
	known atomic.Pointer[map[K]V]
	mu    sync.Mutex
	make  func(K) V
	rest  K
}

func newKeyed[K comparable, V any](rest K, makeValue func(K) V) *keyed[K, V] {
	k := &keyed[K, V]{make: makeValue, rest: rest}
	k.known.Store(&map[K]V{})
	return k
}

func (k *keyed[K, V]) get(key K) V {
	if v, ok := (*k.known.Load())[key]; ok {
		return v
	}
	return k.add(key)
}

func (k *keyed[K, V]) add(key K) V {
	k.mu.Lock()
	defer k.mu.Unlock()
	known := *k.known.Load()
	if len(known) >= maxSeries {
		key = k.rest
	}
	if v, ok := known[key]; ok {
		return v
	}
	known = maps.Clone(known)
	v := k.make(key)
	known[key] = v
	k.known.Store(&known)
	return v
}
