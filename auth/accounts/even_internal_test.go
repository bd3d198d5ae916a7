package accounts

import (
	"testing"
	"time"
)

// TestPace: who needs a step less waits for those who need one more, and nobody for an
// exception or for what was long ago.
func TestPace(t *testing.T) {
	t.Parallel()

	p := pace{routes: make(map[string]slowest)}
	now := time.Now()
	for i, ask := range []struct {
		route       string
		needs, want int
		after       time.Duration
	}{
		{"signup", 1, 1, 0},
		{"signup", 2, 2, 0},
		{"signup", 1, 2, 0},
		{"recover", 1, 1, 0},
		{"signup", mostSteps + 5, mostSteps + 5, 0},
		{"signup", 1, 2, 0},
		{"signup", 1, 2, paceKept},
		{"signup", 1, 1, time.Second},
		{"signup", mostSteps, mostSteps, 0},
		{"signup", mostSteps, mostSteps, paceKept},
		{"signup", 1, mostSteps, paceKept},
	} {
		now = now.Add(ask.after)
		if got := p.of(ask.route, ask.needs, now); got != ask.want {
			t.Errorf("%d: %s needs %d: %d, want %d", i, ask.route, ask.needs, got, ask.want)
		}
	}
}
