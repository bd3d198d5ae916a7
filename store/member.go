package store

import "time"

// members are the callers of one to two periods, and so many of each at most, but all who
// have something.
type members struct {
	this, last map[Caller]*member
	since      time.Time // this
}

const (
	membersPeriod = time.Minute
	membersMost   = 10_000
)

// get returns what is known of a caller, who may be new.
func (m *members) get(who Caller, now time.Time) *member {
	if len(m.this) >= membersMost || now.Sub(m.since) >= membersPeriod {
		m.turn(now)
	}
	if known := m.this[who]; known != nil {
		return known
	}
	known := m.last[who]
	if known == nil {
		known = new(member)
	}
	m.this[who] = known
	return known
}

// turn begins another period.
func (m *members) turn(now time.Time) {
	long := now.Sub(m.since) >= 2*membersPeriod
	this, last := m.this, m.last
	m.this, m.last, m.since = map[Caller]*member{}, this, now
	m.keep(last)
	if long {
		m.last = nil
		m.keep(this)
	}
}

// keep takes over those who have something.
func (m *members) keep(from map[Caller]*member) {
	for who, known := range from {
		if known.has > 0 {
			m.this[who] = known
		}
	}
}
