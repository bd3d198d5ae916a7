package threads_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7694ebf6/plinth/internal/threads"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// have checks how many threads Go has.
func have(t *testing.T, want int, when string) {
	t.Helper()
	synctest.Wait()
	if got := runtime.GOMAXPROCS(0); got != want {
		t.Errorf("%s: %d threads, want %d", when, got, want)
	}
}

func note(l *threads.Lender, n int) {
	for range n {
		l.Note()
	}
}

// TestLender: threads are lent while ten pieces of work begin in five seconds on each
// processor, and until there are less than half as many.
func TestLender(t *testing.T) {
	usual := runtime.GOMAXPROCS(0)
	much, lent := 10*usual, 2*usual+1
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		l := threads.New()
		running.Go(func() { l.Run(ctx) })
		note(l, much-1)
		have(t, usual, "nearly much work")
		time.Sleep(5*time.Second + 1)
		note(l, much-1)
		have(t, usual, "as much in the next five seconds")
		note(l, 1)
		have(t, lent, "much work")
		note(l, 3*much)
		time.Sleep(5 * time.Second)
		note(l, much/2)
		time.Sleep(5 * time.Second)
		have(t, lent, "half as much")
		note(l, much/2-1)
		have(t, lent, "less, so far")
		time.Sleep(5 * time.Second)
		have(t, usual, "less")
		note(l, much)
		have(t, lent, "much again")
		stop()
		running.Wait()
		have(t, usual, "in the end")
	})
}

// TestLenders: two servers of a process share what is lent.
func TestLenders(t *testing.T) {
	usual := runtime.GOMAXPROCS(0)
	synctest.Test(t, func(t *testing.T) {
		var running sync.WaitGroup
		var lenders [2]*threads.Lender
		var stops [2]context.CancelFunc
		for i := range lenders {
			l := threads.New()
			ctx, stop := context.WithCancel(t.Context())
			running.Go(func() { l.Run(ctx) })
			lenders[i], stops[i] = l, stop
		}
		note(lenders[0], 10*usual)
		have(t, 2*usual+1, "much work of one")
		note(lenders[1], 10*usual)
		have(t, 2*usual+1, "much work of both")
		stops[0]()
		have(t, 2*usual+1, "one has ended")
		stops[1]()
		have(t, usual, "both have ended")
		running.Wait()
	})
}
