package cache

import "sync/atomic"

// Stats count what a [Loader] has done since it was made.
type Stats struct {
	Hits       uint64 // answers from the cache
	Misses     uint64 // answers that had to be waited for
	Loads      uint64 // calls of the load function
	LoadErrors uint64 // of them, those that failed
	Refreshes  uint64 // loads in the background
	Stale      uint64 // old values given because loading had failed
	Errors     uint64 // failures of the cache
}

type counters struct {
	hits, misses, loads, loadErrors, refreshes, stale, errors atomic.Uint64
}

// Stats returns what the loader has done so far.
func (l *Loader[K, V]) Stats() Stats {
	c := &l.stats
	return Stats{
		Hits: c.hits.Load(), Misses: c.misses.Load(), Loads: c.loads.Load(), LoadErrors: c.loadErrors.Load(),
		Refreshes: c.refreshes.Load(), Stale: c.stale.Load(), Errors: c.errors.Load(),
	}
}
