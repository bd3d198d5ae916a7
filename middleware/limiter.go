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
	// Take takes one token of the key. The key has burst tokens, and one comes back after
	// each every (the generic cell rate algorithm, ITU-T I.371). With a token, wait is 0
	// and remaining is the number of tokens left. Without one, wait is the time until the
	// next, and nothing is taken, so retries do not extend the wait.
	//
	// An error means that the count is unknown. The request waits for Take, so it must
	// bound its own time. It must be safe for concurrent use. A key without a request for
	// every times burst may be forgotten.
	Take(ctx context.Context, key string, every time.Duration, burst int) (remaining int, wait time.Duration, err error)
}

// LimiterOptions tunes [NewLimiter].
type LimiterOptions struct {
	// Size is the greatest number of keys. Beyond it, the limiter evicts the one with the
	// most tokens left among a few that are least recently used. Many keys used once
	// therefore do not evict an exhausted one. A key takes about 100 bytes, however long it
	// is.
	//
	// Defaults to 65,536.
	Size int

	// Now returns the time. Change it in tests.
	//
	// Defaults to [time.Now].
	Now func() time.Time
}

// Validate returns an error if Size is negative.
func (o LimiterOptions) Validate() error {
	if o.Size < 0 {
		return errors.New("middleware: LimiterOptions.Size must not be negative")
	}
	return nil
}

// errLimit reports an invalid limit.
var errLimit = errors.New("middleware: a limit needs a time and a burst above zero")

// limiterShards is the number of shards, each with a lock.
const limiterShards = 16

// MemoryLimiter is a [Limiter] in the memory of the process, so each instance of an
// application counts for itself. It is safe for concurrent use.
//
// It holds no pointers to its keys, so the garbage collector does not scan them.
type MemoryLimiter struct {
	now    func() time.Time
	begin  time.Time // of its clock, which counts nanoseconds and never goes back
	seeds  [2]maphash.Seed
	shards [limiterShards]limiterShard
}

// digest is the hash of a key. Its seeds are random, so a client cannot construct
// collisions, and 128 bits make a chance collision unlikely.
type digest [2]uint64

// limiterShard counts some of the keys.
type limiterShard struct {
	mu   sync.Mutex
	size int
	keys map[digest]int32 // index in the ring

	// ring is a list of the keys, the most recently used first. Element 0 is the head and
	// holds no key.
	ring []allowance

	_ [64]byte // keeps the locks of shards on different cache lines
}

// allowance is the state of a key. whole is the theoretical arrival time, at which all
// tokens are back.
type allowance struct {
	key        digest
	whole      int64
	prev, next int32
}

var _ Limiter = (*MemoryLimiter)(nil)

// NewLimiter returns an empty limiter.
func NewLimiter(opts LimiterOptions) (*MemoryLimiter, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
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
	return l, nil
}

// Take implements [Limiter]. It fails only if every or burst is not positive, or their
// product overflows.
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

// of returns the allowance of a key and marks it as most recently used. The pointer is
// valid until the next call.
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

// victims is the number of keys that victim compares.
const victims = 8

// victim returns the key to evict: among the least recently used, the one with the most
// tokens left. It moves the others to the front.
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

// insert makes a key the most recently used.
func (s *limiterShard) insert(at int32) {
	first, a := &s.ring[0], &s.ring[at]
	a.prev, a.next = 0, first.next
	s.ring[first.next].prev, first.next = at, at
}
