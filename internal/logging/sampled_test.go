package logging_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/logging"
)

// TestSampled: of concurrent calls one is due, and the next one after the interval.
func TestSampled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var line logging.Sampled
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

// TestSampledCount: each line has the number of events since the previous line.
func TestSampledCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var events logging.SampledCount
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
