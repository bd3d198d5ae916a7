package occasional_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7694ebf6/plinth/internal/occasional"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestLine: of all who ask one writes the line, and the next one when the time is over.
func TestLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var line occasional.Line
		asked := func(want int64) {
			t.Helper()
			var due atomic.Int64
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					if line.Due(time.Minute) {
						due.Add(1)
					}
				})
			}
			wg.Wait()
			if due.Load() != want {
				t.Errorf("%s: %d of 10 write", time.Now(), due.Load())
			}
		}
		asked(1)
		time.Sleep(time.Minute - 1)
		asked(0)
		time.Sleep(time.Nanosecond)
		asked(1)
	})
}

// TestCount: each line tells how many events there were since the one before it.
func TestCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var events occasional.Count
		add := func(want int64, wantDue bool) {
			t.Helper()
			if n, due := events.Add(time.Second); n != want || due != wantDue {
				t.Errorf("%d, %t, want %d, %t", n, due, want, wantDue)
			}
		}
		add(1, true)
		add(0, false)
		add(0, false)
		time.Sleep(time.Second)
		add(3, true)
	})
}
