package parity_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// blockSize is the number of requests to one pair of databases. Writes change
// what later requests see, so a block is the smallest part to run again.
const blockSize = 250

// TestTwoEngines compares 2,000 generated requests, the same in every run, so that
// a change is judged by what it changes; with PLINTH_TEST_LONG=1 20,000 others.
// PLINTH_TEST_RANDOM=<seed> runs those of a seed.
func TestTwoEngines(t *testing.T) {
	t.Parallel()
	blocks, seed := 8, uint64(1)
	if programtest.Long() {
		blocks, seed = 80, rand.Uint64()
	}
	seed = programtest.Seed(t, seed)
	var seen coverage
	t.Run("blocks", func(t *testing.T) {
		for i := range blocks {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				runBlock(t, seed+uint64(i), &seen)
			})
		}
	})
	seen.report(t)
}

// runBlock sends the requests of one seed.
func runBlock(t *testing.T, seed uint64, seen *coverage) {
	t.Helper()
	p := openPair(t, seed)
	g := newGenerator(seed, p.sqlite.db)
	differences := 0
	for n := 0; n < blockSize; {
		r := g.request()
		for follow := 0; r != nil && follow < 4 && n < blockSize; follow++ {
			a, equal := p.ask(t, r)
			seen.note(r, a.status)
			n++
			if !equal {
				if differences++; differences == 5 {
					t.Fatal("no more")
				}
			}
			r = g.follow(r, a)
		}
	}
	p.compareState(t)
}

// TestFixedRequests compares requests that somebody thought of.
func TestFixedRequests(t *testing.T) {
	t.Parallel()
	p := openPair(t, 1)
	for i, r := range fixed() {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) { p.ask(t, r) })
	}
	p.compareState(t)
}
