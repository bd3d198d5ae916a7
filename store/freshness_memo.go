package store

import (
	"sync"
	"time"
)

// memory is what is remembered of a statement that was run.
type memory struct {
	known
	tick uint64    // of the log, before it ran
	at   time.Time // when it ran
}

// memoSize is the number of statements remembered at least, if there were as
// many; twice as many at most. Each takes some 100 bytes.
const memoSize = 8192

// memo remembers the statements that were run or asked for last. It is safe for
// concurrent use.
type memo struct {
	mu         sync.Mutex
	young, old map[memoKey]memory
}

func (m *memo) get(key memoKey) (memory, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kept, ok := m.young[key]
	if !ok {
		if kept, ok = m.old[key]; ok {
			m.set(key, kept)
		}
	}
	return kept, ok
}

func (m *memo) put(key memoKey, kept memory) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.set(key, kept)
}

// set makes room by forgetting all that nobody asked for since the last time.
func (m *memo) set(key memoKey, kept memory) {
	if m.young == nil || len(m.young) >= memoSize {
		m.old, m.young = m.young, make(map[memoKey]memory)
	}
	m.young[key] = kept
}
