package middleware

import "time"

// pace is how fast requests come and are done, counted in one window after the other.
type pace struct {
	since time.Time
	came  [priorities]int
	done  int

	// In the window before, of which it is known who comes and what is done while
	// places are wanting.
	each  [priorities]int // that came
	spare [priorities]int // places that were left by what is more important
}

// follow begins another window if one has ended.
func (p *pace) follow(now time.Time, window time.Duration) {
	if now.Sub(p.since) < window {
		return
	}
	p.each = p.came
	spare := p.done
	for i := priorities - 1; i >= 0; i-- {
		p.spare[i] = spare
		spare -= p.came[i]
	}
	p.since, p.came, p.done = now, [priorities]int{}, 0
}

// sure is how many places have to be left in a window for one who waits as long to find
// one: where they come by chance, 98 times in 100.
const sure = 4

// allows reports whether one of a priority may join a line that stands, which is empty or
// not.
func (p *pace) allows(priority Priority, empty bool) bool {
	spare := p.spare[priority]
	return p.each[priority] <= spare || empty && spare >= sure
}
