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
		{"recover", 1, 1, 0},
		{"recover", 2, 2, 0},
		{"recover", 1, 2, 0},
		{"otp", 1, 1, 0},
		{"recover", mostSteps + 5, mostSteps + 5, 0},
		{"recover", 1, 2, 0},
		{"recover", 1, 2, paceKept},
		{"recover", 1, 1, time.Second},
		{"recover", mostSteps, mostSteps, 0},
		{"recover", mostSteps, mostSteps, paceKept},
		{"recover", 1, mostSteps, paceKept},
		{"signup", mostHashSteps, mostHashSteps, 0},
		{"signup", 1, mostHashSteps, paceKept},
		{"signup", mostHashSteps + 1, mostHashSteps + 1, 0},
		{"signup", 1, 1, time.Second},
		{evenLogin, mostHashSteps, mostHashSteps, 0},
		{evenLogin, 1, mostHashSteps, loginPaceKept},
		{evenLogin, 1, 1, time.Second},
	} {
		now = now.Add(ask.after)
		if got := p.of(ask.route, ask.needs, now); got != ask.want {
			t.Errorf("%d: %s needs %d: %d, want %d", i, ask.route, ask.needs, got, ask.want)
		}
	}
}
