package api

import (
	"errors"
	"math"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

// TestOutgoing: one caller has twice what an answer may have, all of them eight times, and
// what is given back can be taken again.
func TestOutgoing(t *testing.T) {
	t.Parallel()
	o := newOutgoing(100)
	take := func(who string, n int, want error) {
		t.Helper()
		if err := o.take(store.Caller{ID: who}, n); !errors.Is(err, want) {
			t.Errorf("%s takes %d: %v, want %v", who, n, err, want)
		}
	}
	take("a", 100, nil)
	take("a", 100, nil)
	take("a", 1, errMuchOfOne)
	take("b", 200, nil)
	take("c", 200, nil)
	take("d", 150, nil)
	take("e", 100, errMuch)
	take("e", 50, nil)
	take("f", 1, errMuch)
	o.giveBack(store.Caller{ID: "a"}, 100)
	take("f", 100, nil)
	take("a", 1, errMuch)
	for who, n := range map[string]int{"a": 100, "b": 200, "c": 200, "d": 150, "e": 50, "f": 100} {
		o.giveBack(store.Caller{ID: who}, n)
	}
	if o.all != 0 || len(o.each) != 0 {
		t.Errorf("%d bytes, %v", o.all, o.each)
	}
	if o := newOutgoing(math.MaxInt); o.most < o.mostOfOne || o.mostOfOne <= 0 {
		t.Errorf("%d and %d for any answer", o.most, o.mostOfOne)
	}
}
