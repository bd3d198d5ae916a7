package middleware

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"math"
	"sync"
	"time"
)

// Limiter counts for [RateLimit]. A limiter that several instances share, such as one
// over Redis, lets them count together.
type Limiter interface {
	// Take takes one of the burst requests that the key may make at once; another
	// comes back whenever every has passed (the generic cell rate algorithm, ITU-T
	// I.371). If there was one, wait is 0 and remaining says how many are left. If
	// there was none, wait is how long it takes until there is one, and nothing was
	// taken: whoever asks too often waits no longer for it.
	//
	// An error says that nobody could tell. The request waits for Take, so it must
	// bound its own time. It must be safe for concurrent use. A key that has not come
	// for every times burst is as good as forgotten.
	Take(ctx context.Context, key string, every time.Duration, burst int) (remaining int, wait time.Duration, err error)
}

// LimiterOptions tunes [NewLimiter].
type LimiterOptions struct {
	// Size is how many keys are counted at most. Whoever has most of their burst is
	// forgotten first among those who have not come for long, so strangers who come
	// once do not make room for one who has used theirs up. A key takes about 100
	// bytes, however long it is.
	//
	// Defaults to 65,536.
	Size int

	// Now tells the time. Change it in tests.
	//
	// Defaults to [time.Now].
	Now func() time.Time
}

// errLimit reports a limit that cannot be.
var errLimit = errors.New("middleware: a limit needs a time and a burst above zero")

// limiterShards are the parts of a limiter with a lock of their own.
const limiterShards = 16

// MemoryLimiter is a [Limiter] that counts in the memory of the process: each instance
// of an application for itself. It is safe for concurrent use.
//
// It has no pointers to its keys, of which there are many for long: the collector of
// garbage would follow each of them in each of its cycles.
type MemoryLimiter struct {
	now    func() time.Time
	begin  time.Time // of its clock, which counts nanoseconds and never goes back
	seeds  [2]maphash.Seed
	shards [limiterShards]limiterShard
}

// digest stands for a key. Nobody outside can find keys that have it in common, as its
// seeds are random, and it has too many bits for that to happen by chance.
type digest [2]uint64

// limiterShard counts some of the keys.
type limiterShard struct {
	mu   sync.Mutex
	size int
	keys map[digest]int32 // places in the ring

	// ring orders the keys by when they came last. The first is none of them: the one
	// behind it is the latest, and the one before it the first to be forgotten.
	ring []allowance

	_ [64]byte // keeps locks of neighbours apart
}

// allowance is the count of a key: the theoretical arrival time at which its burst is
// whole again.
type allowance struct {
	key        digest
	whole      int64
	prev, next int32
}

var _ Limiter = (*MemoryLimiter)(nil)

// NewLimiter returns an empty limiter. It panics if the size is negative.
func NewLimiter(opts LimiterOptions) *MemoryLimiter {
	if opts.Size < 0 {
		panic("middleware: LimiterOptions.Size must not be negative")
	}
	l := &MemoryLimiter{now: opts.Now, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	if l.now == nil {
		l.now = time.Now
	}
	l.begin = l.now()
	size := min(cmp.Or(opts.Size, 1<<16), math.MaxInt32)
	for i := range l.shards {
		s := &l.shards[i]
		s.size = (size + limiterShards - 1) / limiterShards
		s.keys = make(map[digest]int32)
		s.ring = make([]allowance, 1)
	}
	return l
}

// Take implements [Limiter]. It fails only where every or burst is not above zero, or
// their product is no time.
func (l *MemoryLimiter) Take(_ context.Context, key string, every time.Duration, burst int) (remaining int, wait time.Duration, err error) {
	return l.take(l.digestOf([]byte(key)), every, burst)
}

func (l *MemoryLimiter) digestOf(key []byte) digest {
	return digest{maphash.Bytes(l.seeds[0], key), maphash.Bytes(l.seeds[1], key)}
}

func (l *MemoryLimiter) take(d digest, every time.Duration, burst int) (remaining int, wait time.Duration, err error) {
	if every <= 0 || burst < 1 || int64(burst) > math.MaxInt64/int64(every)/4 {
		return 0, 0, errLimit
	}
	now := int64(l.now().Sub(l.begin))
	s := &l.shards[d[0]%limiterShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.of(d)
	// The time that the burst may be ahead of the clock.
	tolerance := int64(every) * int64(burst)
	whole := max(a.whole, now) + int64(every)
	if early := whole - tolerance - now; early > 0 {
		return 0, time.Duration(early), nil
	}
	a.whole = whole
	return int((tolerance - (whole - now)) / int64(every)), 0, nil
}

// of returns the allowance of a key, which is the latest from now on. It is good until the
// next call.
func (s *limiterShard) of(key digest) *allowance {
	at, ok := s.keys[key]
	switch {
	case ok:
		s.unlink(at)
	case len(s.keys) < s.size:
		at = int32(len(s.ring)) // no more than s.size
		s.ring = append(s.ring, allowance{})
	default:
		at = s.victim()
		s.unlink(at)
		delete(s.keys, s.ring[at].key)
	}
	a := &s.ring[at]
	if !ok {
		a.key, a.whole = key, math.MinInt64
		s.keys[key] = at
	}
	s.insert(at)
	return a
}

// victims is how many are looked at to find one that is forgotten.
const victims = 8

// victim returns whom to forget: of those who have not come for longest the one with
// most of their burst. The others have another round.
func (s *limiterShard) victim() int32 {
	found := s.ring[0].prev
	for range victims - 1 {
		at := s.ring[found].prev
		if at == 0 {
			break
		}
		if s.ring[at].whole < s.ring[found].whole {
			at, found = found, at
		}
		s.unlink(at)
		s.insert(at)
	}
	return found
}

func (s *limiterShard) unlink(at int32) {
	a := &s.ring[at]
	s.ring[a.prev].next, s.ring[a.next].prev = a.next, a.prev
}

// insert makes one the latest.
func (s *limiterShard) insert(at int32) {
	first, a := &s.ring[0], &s.ring[at]
	a.prev, a.next = 0, first.next
	s.ring[first.next].prev, first.next = at, at
}
