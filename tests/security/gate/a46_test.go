package gate_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// expensiveRead counts the notes of a project as often as an answer may have rows, of
// what manyNotes inserts.
const expensiveRead = "/notes?limit=1000&select=id,project(notes(id,project(notes(count()))))"

func manyNotes() string {
	var rows []row
	for i := range 150 {
		id := fmt.Sprintf("00000000-0000-7000-8000-%012x", 0xa0000+i)
		rows = append(rows, note(id, tenant1, ana, bothProject, fmt.Sprintf("many-%d", i), "shared", i, nil))
	}
	return table{"notes", rows}.insert()
}

// perCaller is how many requests of one caller run at a time in TestA46ExpensiveReads.
const perCaller = 1

// othersWithin is how long 99 of 100 reads of other callers may take meanwhile.
const othersWithin = 500 * time.Millisecond

// limited is a fixture behind a bound on the requests of one caller, of whom most says how
// many of ana's were in work at a time.
type limited struct {
	http.Handler
	most atomic.Int64
}

func limit(f *fixture) *limited {
	l := new(limited)
	var inWork atomic.Int64
	l.Handler = middleware.Must(middleware.Admission(middleware.AdmissionOptions{PerCaller: perCaller, Logger: slog.New(slog.DiscardHandler)}))(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if auth.FromContext(r.Context()).ID == asAna.ID {
				n := inWork.Add(1)
				defer inWork.Add(-1)
				for before := l.most.Load(); n > before && !l.most.CompareAndSwap(before, n); before = l.most.Load() {
				}
			}
			f.handler.ServeHTTP(w, r)
		}))
	return l
}

// pointReads reads a row again and again until stop is closed, and returns how long each
// read took, from the shortest to the longest.
func pointReads(t *testing.T, h http.Handler, stop <-chan struct{}) []time.Duration {
	t.Helper()
	client := apitest.New(t, h).As(asAri)
	var all []time.Duration
	for {
		select {
		case <-stop:
			slices.Sort(all)
			return all
		default:
			began := time.Now()
			if got := client.Get("/notes/" + ariDraft); got.Status != http.StatusOK {
				t.Errorf("a point read: %d %s", got.Status, shortened(got.Body))
			}
			all = append(all, time.Since(began))
			time.Sleep(time.Millisecond)
		}
	}
}

func p99(sorted []time.Duration) time.Duration { return sorted[len(sorted)*99/100] }

// TestA46ExpensiveReads: one caller sends the most expensive read 50 times at once,
// again and again. One of them runs at a time and the others wait, then get 503. Statements
// end by their timeout. Every read of another caller is answered within othersWithin.
// Afterwards no connection is in use, and all of them work.
func TestA46ExpensiveReads(t *testing.T) {
	programtest.SkipShort(t)
	const timeout = 100 * time.Millisecond
	const lasts = 10 * time.Second
	countedEngines(t, timeout, func(t *testing.T, f *fixture, _ *atomic.Int64) {
		f.exec(t, manyNotes())
		l := limit(f)
		during := func(work func()) []time.Duration {
			stop, all := make(chan struct{}), make(chan []time.Duration)
			go func() { all <- pointReads(t, l, stop) }()
			work()
			close(stop)
			return <-all
		}
		base := during(func() { time.Sleep(lasts) })
		var mu sync.Mutex
		statuses, others := map[string]int{}, []time.Duration(nil)
		began := time.Now()
		others = during(func() {
			for time.Since(began) < lasts {
				together(50, func(int) int {
					got := apitest.New(t, l).As(asAna).With("Accept", "application/json").Get(expensiveRead)
					mu.Lock()
					defer mu.Unlock()
					statuses[strings.TrimSpace(fmt.Sprint(got.Status, " ", got.Code()))]++
					return got.Status
				})
			}
		})
		t.Logf("%v in %s; p99 of others %s (of %d), before %s (of %d): %.1f times", statuses, time.Since(began),
			p99(others), len(others), p99(base), len(base), float64(p99(others))/float64(p99(base)))
		for status := range statuses {
			if status != timedOut && status != tooLong && status != busy {
				t.Errorf("an answer %s", status)
			}
		}
		if statuses[timedOut] == 0 || statuses[busy] < 25 || l.most.Load() > perCaller {
			t.Errorf("%v, %d at a time", statuses, l.most.Load())
		}
		if p99(others) > othersWithin {
			t.Errorf("p99 of others is %s, want %s", p99(others), othersWithin)
		}
		for _, pool := range f.db.Stats().Pools {
			if pool.InUse != 0 || pool.Waiting != 0 {
				t.Errorf("connections are not back: %+v", pool)
			}
			// As many reads as there may be connections, of others, at once.
			back := together(pool.Max, func(int) int { return f.as(t, asAri).Get("/notes/" + ariDraft).Status })
			if back[http.StatusOK] != pool.Max {
				t.Errorf("%d reads when all was over: %v", pool.Max, back)
			}
		}
	})
}

// The answers to whom asks for too much.
const (
	timedOut = "400 57014"
	tooLong  = "400 PL001" // where a statement ends in time after all
	busy     = "503 PL503"
)
