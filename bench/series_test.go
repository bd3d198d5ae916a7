package bench_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"
)

// series is one quantity that grows, and what is measured while it does.
type series struct {
	name   string   // of its part of the document, and of its plots
	engine string   // the only one it is for; empty: both
	head   []string // of its table

	// A series has steps on servers over the usual content, or its own way.
	steps func(*arena) []step
	cells func(*measurement) []string
	run   func(t *testing.T, engine string) []finding

	axis       string // what grows, empty for a series without plots
	linear     bool   // it grows by steps, not by factors
	quantities []quantity
}

// quantity is something a plot shows of each side.
type quantity struct {
	name, unit string
	of         func(sample) float64
}

// finding is a line of a series' table.
type finding struct {
	cells []string

	// What a plot shows: where the point stands, and what was measured there.
	at int
	*measurement
}

var (
	speed = quantity{"speed", "requests/s", func(s sample) float64 { return s.speed }}
	p99   = quantity{"p99", "latency p99, ms", func(s sample) float64 { return s.p99 }}

	ratioHead   = []string{"requests/s by hand", "Plinth", "ratio (95 %)", "CPU by hand, µs", "Plinth", "ratio (95 %)"}
	latencyHead = []string{"p50 by hand, ms", "Plinth", "p99 by hand, ms", "Plinth"}
)

// allSeries returns the series in the order of the document.
func allSeries() []series {
	ratio, latency := (*measurement).ratioCells, (*measurement).latencyCells
	return []series{
		{
			name: "rows", head: slices.Concat([]string{"rows"}, ratioHead), steps: rowSteps, cells: ratio,
			axis: "rows of the answer", quantities: []quantity{speed},
		},
		{
			name: "embeds", head: slices.Concat([]string{"levels"}, ratioHead), steps: embedSteps, cells: ratio,
			axis: "levels of embedded rows", linear: true, quantities: []quantity{speed},
		},
		{
			name: "guards", head: slices.Concat([]string{"conditions"}, ratioHead), steps: guardSteps, cells: ratio,
			axis: "conditions of the policy", quantities: []quantity{speed},
		},
		{
			name: "connections", head: slices.Concat([]string{"connections"}, ratioHead[:3], latencyHead), steps: connectionSteps, cells: latency,
			axis: "connections", quantities: []quantity{speed, p99},
		},
		{
			name: "table", head: slices.Concat([]string{"rows"}, ratioHead), run: runTable,
			axis: "rows of the table", quantities: []quantity{speed},
		},
		{name: "keyset", head: keysetHead, run: runKeyset},
		{name: "pooler", head: slices.Concat([]string{"connections"}, ratioHead[:3], latencyHead), engine: enginePostgres, run: runPooler},
		{name: "start", head: startHead, run: runStarts},
	}
}

// TestSeries checks for every point of every series that both sides answer
// alike, and measures them where -series asks for it.
func TestSeries(t *testing.T) {
	pattern, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	results := map[string][]finding{}
	failed := map[string]bool{}
	all := slices.DeleteFunc(allSeries(), func(s series) bool { return !pattern.MatchString(s.name) })
	for _, engine := range chosenEngines() {
		t.Run(engine, func(t *testing.T) {
			var usual *arena
			if slices.ContainsFunc(all, func(s series) bool { return s.steps != nil }) {
				usual = newArena(t, engine, newContent(chosenSize(*growth)), *growth)
			}
			for _, s := range all {
				if s.engine != "" && s.engine != engine {
					continue
				}
				ok := t.Run(s.name, func(t *testing.T) {
					found := []finding(nil)
					if s.run != nil {
						found = s.run(t, engine)
					} else {
						usual.serve(t, serverConfig{})
						found = usual.climb(t, s.steps(usual), s.cells)
					}
					results[s.name] = append(results[s.name], found...)
				})
				failed[s.name] = failed[s.name] || !ok
			}
		})
	}
	for _, s := range all {
		if found := results[s.name]; len(found) > 0 && !failed[s.name] {
			publishSeries(t, &s, found)
		}
	}
}

// step is a point of a series: what is asked there, of servers that run or that
// prepare starts.
type step struct {
	at      int
	prepare func(*testing.T)     // nil: nothing
	cases   func() []*comparison // called once prepare has been
}

// steps makes a series of cases that need no preparation.
func steps(values []int, of func(int) []*comparison) []step {
	list := make([]step, len(values))
	for i, n := range values {
		list[i] = step{at: n, cases: func() []*comparison { return of(n) }}
	}
	return list
}

// climb goes through the steps of a series.
func (a *arena) climb(t *testing.T, list []step, cells func(*measurement) []string) []finding {
	t.Helper()
	var found []finding
	for _, s := range list {
		t.Run(fmt.Sprint(s.at), func(t *testing.T) {
			if s.prepare != nil {
				s.prepare(t)
			}
			for _, c := range s.cases() {
				a.checkAnswers(t, c)
				if !*growth {
					a.try(t, c)
					continue
				}
				m := a.measure(t, c)
				t.Log(m.line())
				found = append(found, finding{cells: slices.Concat([]string{grouped(s.at)}, cells(&m)), at: s.at, measurement: &m})
			}
		})
	}
	return found
}

// try sends the requests of a comparison for a moment: all of them are answered.
func (a *arena) try(t *testing.T, c *comparison) {
	t.Helper()
	a.run(t, a.plinth, c, 10*time.Millisecond)
	a.run(t, a.hand, c, 10*time.Millisecond)
}
