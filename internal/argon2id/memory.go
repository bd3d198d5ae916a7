package argon2id

import (
	"sync"
	"time"
)

// Version is that of the algorithm, as a hash names it.
const Version = 0x13

// keptFor is how long memory is kept after the last hash. The garbage of less frequent
// ones troubles nobody.
const keptFor = 10 * time.Second

// Memory is what hashes are computed in. It holds as much as was used at the same time,
// and gives it back when it has not been used for ten seconds. All its methods may be
// called at the same time.
type Memory struct {
	size int // blocks of one hash

	mu   sync.Mutex
	free [][]block // what was used last at the end, so that the rest can go cold
	idle *time.Timer
}

// NewMemory returns memory for hashes that take so many KiB. Larger ones can be computed,
// but their memory is not kept.
func NewMemory(kib uint32) *Memory {
	m := &Memory{size: int(kib)}
	m.idle = time.AfterFunc(keptFor, m.release)
	m.idle.Stop()
	return m
}

// Key derives a key of so many bytes from a password. passes is the number of passes over
// the memory, kib its size, lanes the degree of parallelism, which says how the memory is
// divided: one lane is computed after the other. Key panics if passes, lanes or bytes are 0,
// as there is no such hash.
func (m *Memory) Key(password, salt []byte, passes, kib uint32, lanes uint8, bytes uint32) []byte {
	if passes == 0 || lanes == 0 || bytes == 0 {
		panic("argon2id: a hash has at least one pass, one lane and one byte")
	}
	f := newFilling(passes, kib, uint32(lanes))
	f.blocks = m.take(int(f.lanes * f.laneSize))
	defer m.give(f.blocks)
	f.begin(seed(password, salt, passes, kib, f.lanes, bytes))
	f.fill()
	return f.key(bytes)
}

func (m *Memory) take(blocks int) []block {
	if blocks > m.size {
		return make([]block, blocks)
	}
	if used := m.takeUsed(); used != nil {
		return used[:blocks]
	}
	// Others need not wait while it is made.
	return make([]block, blocks, m.size)
}

// takeUsed returns nil if there is none.
func (m *Memory) takeUsed() []block {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := len(m.free) - 1
	if last < 0 {
		return nil
	}
	used := m.free[last]
	m.free = m.free[:last]
	return used
}

func (m *Memory) give(blocks []block) {
	if cap(blocks) != m.size {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free = append(m.free, blocks)
	m.idle.Reset(keptFor)
}

func (m *Memory) release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free = nil
}
