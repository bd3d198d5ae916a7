package redis

import (
	"strconv"
	"strings"
	"sync/atomic"
)

// stripeCount is the number of stripes that keys and tags share. Invalidations are recorded
// by stripe, so that their memory is constant. Names of one stripe are invalidated together.
const stripeCount = 1 << 14

// The kinds of names that have stripes.
const (
	kindKey byte = 'k'
	kindTag byte = 't'
)

// stripeOf returns the stripe of a key or a tag of a cache, the same one in every
// process (FNV-1a).
func stripeOf(kind byte, cache, name string) uint16 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := (offset ^ uint64(kind)) * prime
	for _, text := range [2]string{cache, name} {
		for i := range len(text) {
			h = (h ^ uint64(text[i])) * prime
		}
		h = (h ^ 0xff) * prime // an end, for "a"+"b" is not "ab"
	}
	h ^= h >> 32
	return uint16((h ^ h>>16) % stripeCount)
}

// mirror is this process's copy of the invalidations in Redis. It has the clock, which
// counts them, and for each stripe the reading of its last invalidation. Redis publishes
// every change, so the mirror lags by the delay of a message and never runs ahead.
type mirror struct {
	clock   atomic.Uint64
	stripes [stripeCount]atomic.Uint64
}

// raise sets v to a reading unless it is beyond that already.
func raise(v *atomic.Uint64, reading uint64) {
	for {
		last := v.Load()
		if last >= reading || v.CompareAndSwap(last, reading) {
			return
		}
	}
}

func (m *mirror) forget(stripe uint16, reading uint64) {
	raise(&m.stripes[stripe%stripeCount], reading)
	raise(&m.clock, reading)
}

// hear takes a message of Redis, "epoch reading stripe stripe ...". It returns false
// for what is not of this epoch.
func (m *mirror) hear(epoch, message string) bool {
	of, rest, _ := strings.Cut(message, " ")
	head, rest, _ := strings.Cut(rest, " ")
	reading, err := strconv.ParseUint(head, 10, 64)
	if of != epoch || err != nil {
		return false
	}
	for name := range strings.FieldsSeq(rest) {
		if stripe, err := strconv.ParseUint(name, 10, 16); err == nil {
			m.forget(uint16(stripe), reading)
		}
	}
	return true
}
