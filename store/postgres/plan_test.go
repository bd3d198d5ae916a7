package postgres

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

func newPlanner() *planner { return &planner{logger: slog.New(slog.DiscardHandler)} }

// runs plays n runs of a text: cached is the time of a run with the cached plan,
// planned of one planned with its values. It returns how many were planned.
func (p *planner) runs(n int, sql string, cached, planned func(i int) time.Duration) int {
	count := 0
	for i := range n {
		st := &statement{text: sql, plan: p.plan(sql)}
		if st.plan.planned() {
			p.observe(st, planned(i), true)
			count++
			continue
		}
		p.observe(st, cached(i), false)
	}
	return count
}

func always(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }

func TestPlanner(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name            string
		runs            int
		cached, planned func(int) time.Duration
		min, max        int // how many of the runs are to be planned
	}{
		{"Fast", 1000, always(100 * time.Microsecond), always(time.Microsecond), 0, 0},
		{"OnceSlow", 1000, func(i int) time.Duration {
			if i == 10 {
				return time.Second
			}
			return 50 * time.Microsecond
		}, always(time.Microsecond), 0, 0},
		{"BadPlan", 1000, always(5 * time.Millisecond), always(60 * time.Microsecond), 1000 - 2*window, 1000 - 2*window},
		{"BadPlanForOneInFour", 1000, func(i int) time.Duration {
			if i%4 == 0 {
				return 5 * time.Millisecond
			}
			return 60 * time.Microsecond
		}, always(110 * time.Microsecond), 1000 - 2*window, 1000 - 2*window},
		// Trials after 16, 288, 832 and 1888 runs.
		{"SlowAnyway", 2000, always(5 * time.Millisecond), always(5 * time.Millisecond), 4 * window, 4 * window},
		// The first window finds everything cold: one trial, no change.
		{"ColdStart", 250, func(i int) time.Duration {
			if i < window {
				return 5 * time.Millisecond
			}
			return 60 * time.Microsecond
		}, always(100 * time.Microsecond), window, window},
		// A busy machine: waiting hides what the plan costs, and the trials fell
		// into quieter moments.
		{"Busy", 2000, always(4 * time.Millisecond), always(2 * time.Millisecond), 4 * window, 4 * window},
		{"Settled", settledRuns + 6*window, always(5 * time.Millisecond), always(time.Millisecond), settledRuns + window, settledRuns + 4*window},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			if n := newPlanner().runs(tt.runs, "select 1", tt.cached, tt.planned); n < tt.min || n > tt.max {
				t.Errorf("%d of %d runs were planned, want %d to %d", n, tt.runs, tt.min, tt.max)
			}
		})
	}
}

func TestPlannerIsBounded(t *testing.T) {
	t.Parallel()

	p := newPlanner()
	slow := always(5 * time.Millisecond)
	for i := range 20 * generation {
		p.runs(1, fmt.Sprintf("select %d", i), slow, slow)
		p.runs(1, "select used", slow, always(time.Microsecond))
	}
	if n := len(p.young) + len(p.old); n > 2*generation {
		t.Errorf("%d entries, want at most %d", n, 2*generation)
	}
	if !p.plan("select used").planned() {
		t.Error("the entry in use was forgotten")
	}
}

// TestSkewedData runs the list of sql.md that a generic plan makes 70 times
// slower: a state that 10 rows of 200,000 have, in the order of the key.
func TestSkewedData(t *testing.T) {
	t.Parallel()

	d := openTest(t, &Options{MaxConns: 1})
	mustExec(t, d,
		"create table jobs (id bigint primary key, state text collate \"C\" not null)",
		"insert into jobs select i, case when i % 20000 = 19999 then 'failed' else 'done' end from generate_series(1, 200000) i",
		"create index on jobs (state)", "vacuum analyze jobs")
	s := &driver.Statement{
		SQL:   "select id from jobs where state = $1::text order by id limit 20",
		Shape: one(driver.KindInt), Args: []any{"failed"},
	}
	var r driver.Result
	run := func() time.Duration {
		r.Reset()
		start := time.Now()
		if err := d.Query(t.Context(), nil, s, &r); err != nil {
			t.Fatal(err)
		}
		return time.Since(start)
	}
	for range 5 {
		run()
	}
	generic := run()
	// A busy machine may spoil a trial; then there is another one.
	settledAfter := 6
	for ; d.planner.plan(s.SQL).state() != settled; settledAfter++ {
		if settledAfter > 2000 {
			t.Fatal("the statement still runs with its cached plan")
		}
		run()
	}
	planned := run()
	for range 10 {
		planned = min(planned, run())
	}
	t.Logf("generic plan %s, settled after %d runs, then %s", generic, settledAfter, planned)
	if planned > generic/3 {
		t.Errorf("planned with its values the statement takes %s, with the generic plan %s", planned, generic)
	}
}

// state is the phase of an entry.
func (e *plan) state() phase {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.phase
}
