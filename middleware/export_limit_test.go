package middleware

import "time"

// Len returns how many keys are counted.
func (l *MemoryLimiter) Len() (n int) {
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		n += len(s.keys)
		s.mu.Unlock()
	}
	return n
}

// Turns tells places of a limit how long turns took, one in every pause, and returns how
// many places there were after each.
func Turns(limit int, pause time.Duration, turns ...time.Duration) (there []int) {
	p, now := newPlaces(limit, limit, time.Second), time.Unix(0, 0)
	for _, turn := range turns {
		p.adapt(now, turn)
		there = append(there, p.there)
		now = now.Add(turn + pause)
	}
	return there
}
