package store

import "time"

// pace is how quick a caller's statements are.
type pace uint8

const (
	unknown pace = iota
	quick        // all
	slow         // not all
)

// paces remembers callers for one to two periods, and so many of each period at most.
type paces struct {
	this, last map[Caller]pace
	since      time.Time // this
}

const (
	pacesPeriod = time.Minute
	pacesMost   = 10_000
)

// note remembers the pace of one statement. Who was slow is slow until that is forgotten.
func (p *paces) note(who Caller, of pace, now time.Time) {
	p.turn(now)
	if before := max(p.this[who], p.last[who]); before > of || p.this[who] == of {
		return
	}
	if p.this == nil {
		p.this = map[Caller]pace{}
	}
	p.this[who] = of
	if len(p.this) >= pacesMost {
		p.last, p.this, p.since = p.this, nil, now
	}
}

func (p *paces) of(who Caller, now time.Time) pace {
	p.turn(now)
	return max(p.this[who], p.last[who])
}

// turn begins another period where one is over.
func (p *paces) turn(now time.Time) {
	switch passed := now.Sub(p.since); {
	case passed >= 2*pacesPeriod:
		p.this, p.last, p.since = nil, nil, now
	case passed >= pacesPeriod:
		p.last, p.this, p.since = p.this, nil, now
	}
}
