package server

import (
	"sync/atomic"
	"testing"
	"time"
)

// TestDrainSpreads: clients of a server that ends do not all come back in one moment.
func TestDrainSpreads(t *testing.T) {
	t.Parallel()
	for within, each := range map[time.Duration]time.Duration{time.Minute: endsEach, 100 * time.Millisecond: 100 * time.Millisecond / 500} {
		all := NewLongLived(LongLivedConfig{Most: 1000, MostOfOne: 1000})
		var told atomic.Int64
		for range 500 {
			one := &lasting{all: all, class: Stream}
			one.end = func(error) {
				told.Add(1)
				all.leave(one)
			}
			if err := all.enter(one); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		all.end(within)
		for ended := false; !ended; {
			time.Sleep(5 * time.Millisecond)
			if n, most := told.Load(), 1+int64(time.Since(began)/each); n > most {
				t.Errorf("within %s: %d were told after %s", within, n, time.Since(began))
			}
			select {
			case <-all.ended:
				ended = true
			default:
			}
			if time.Since(began) > 30*time.Second {
				t.Fatalf("within %s: %d of 500 were told", within, told.Load())
			}
		}
	}
}
