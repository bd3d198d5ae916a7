package parity_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// coverage counts how requests were answered, by the parts of the grammar they
// show.
type coverage struct {
	mu    sync.Mutex
	total tally
	parts map[string]*tally
}

// tally counts answers.
type tally struct{ good, refused int }

// note counts an answer; 304 counts as good.
func (c *coverage) note(r *request, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.parts == nil {
		c.parts = map[string]*tally{}
	}
	add := func(t *tally) {
		if status < 400 {
			t.good++
		} else {
			t.refused++
		}
	}
	add(&c.total)
	shows := append(slices.Clone(r.shows), "method "+r.method, "caller "+r.as)
	slices.Sort(shows)
	for _, part := range slices.Compact(shows) {
		if c.parts[part] == nil {
			c.parts[part] = &tally{}
		}
		add(c.parts[part])
	}
}

// leastGood is how often each part of the grammar has to be answered with success
// for the comparison to say something of it.
const leastGood = 5

// report prints the counts and fails where they say too little.
func (c *coverage) report(t *testing.T) {
	t.Helper()
	if c.parts == nil {
		t.Skip("there was no PostgreSQL to compare with")
	}
	var lines []string
	for _, part := range slices.Sorted(maps.Keys(c.parts)) {
		n := c.parts[part]
		lines = append(lines, fmt.Sprintf("%-28s %6d %6d", part, n.good, n.refused))
	}
	all := c.total.good + c.total.refused
	t.Logf("%d requests, %d with success:\n%s", all, c.total.good, strings.Join(lines, "\n"))
	if c.total.good*10 < all*6 {
		t.Errorf("%d of %d requests were answered with success: less than 60 %% says too little", c.total.good, all)
	}
	for _, part := range grammar {
		if n := c.parts[part]; n == nil || n.good < leastGood && !strings.HasPrefix(part, "wrong ") {
			t.Errorf("%s was answered with success %+v times, want at least %d", part, n, leastGood)
		}
	}
}
