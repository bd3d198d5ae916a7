//go:build !race

package middleware_test

import (
	"net/http"
	"testing"
)

// TestAllocations bounds the allocations of a request by each middleware alone and by all.
// The race detector allocates too, so it leaves this out.
func TestAllocations(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	count := func(h http.Handler) float64 {
		r, w := sample(), &sink{header: http.Header{}}
		return testing.AllocsPerRun(200, func() { h.ServeHTTP(w, r) })
	}
	for _, m := range recommended(nil) {
		if got := count(m.around(h)); got > m.allocs {
			t.Errorf("%s: %v allocations, at most %v", m.name, got, m.allocs)
		}
	}
	if got := count(chain(h, whole(nil)...)); got > 16 {
		t.Errorf("all of them: %v allocations, at most 16", got)
	}
}
