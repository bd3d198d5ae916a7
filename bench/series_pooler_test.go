package bench_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/poolertest"
)

// runPooler asks through PgBouncer, which gives each transaction another session.
func runPooler(t *testing.T, engine string) []finding {
	a := newArena(t, engine, newContent(chosenSize(*growth)), *growth)
	a.serve(t, serverConfig{Database: poolertest.Start(t, a.database), Pooler: true})
	a.checkRefused(t)
	return a.climb(t, steps([]int{clients}, func(int) []*comparison {
		var cases []*comparison
		for _, c := range comparisons(a.content) {
			if c.speed > 0 {
				cases = append(cases, &c)
			}
		}
		return cases
	}), (*measurement).latencyCells)
}
