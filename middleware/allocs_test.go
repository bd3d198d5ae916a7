//go:build !race

package middleware_test

import (
	"net/http"
	"testing"
)

// TestAllocations keeps what a request costs: of each middleware alone, and of all. The
// race detector allocates by itself, so this is not built with it.
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
