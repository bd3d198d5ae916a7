package bench_test

import (
	"regexp"
	"testing"
)

// TestCompare checks that both sides answer alike, and measures them where
// -compare asks for it.
func TestCompare(t *testing.T) {
	pattern, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	var results []measurement
	for _, engine := range chosenEngines() {
		t.Run(engine, func(t *testing.T) {
			a := newArena(t, engine, newContent(chosenSize(*compare)), *compare)
			a.serve(t, serverConfig{})
			a.checkRefused(t)
			for _, c := range comparisons(a.content) {
				if !pattern.MatchString(c.name) || c.engine != "" && c.engine != engine {
					continue
				}
				t.Run(c.name, func(t *testing.T) {
					a.checkAnswers(t, &c)
					if !*compare {
						a.try(t, &c)
						return
					}
					m := a.measure(t, &c)
					t.Log(m.line())
					results = append(results, m)
				})
			}
		})
	}
	if len(results) > 0 && !t.Failed() {
		publish(t, comparedRegion, render(results))
	}
}
