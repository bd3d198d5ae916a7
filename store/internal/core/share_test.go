package core

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// shareOf returns a function that acquires a slot of a pool of so many connections, and one
// that counts the callers in it.
func shareOf(connections int, timeout time.Duration) (acquire func(context.Context, *query.Scope) (release func(), err error), callers func() int) {
	s := newShares([]driver.PoolStats{{Max: connections, AcquireTimeout: timeout}})
	acquire = func(ctx context.Context, scope *query.Scope) (func(), error) {
		slot, err := s.acquire(ctx, scope, false)
		return slot.release, err
	}
	return acquire, func() int {
		of := s.reads
		of.mu.Lock()
		defer of.mu.Unlock()
		return len(of.callers)
	}
}

func called(name string) *query.Scope { return &query.Scope{Caller: query.Caller{ID: name}} }

// acquired returns how many of 50 concurrent statements of a scope get a slot.
func acquired(t *testing.T, acquire func(context.Context, *query.Scope) (func(), error), scope *query.Scope) int {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	var held atomic.Int64
	for range 50 {
		running.Go(func() {
			release, err := acquire(ctx, scope)
			if err != nil {
				return
			}
			held.Add(1)
			<-ctx.Done()
			release()
		})
	}
	synctest.Wait()
	got := int(held.Load())
	stop()
	running.Wait()
	return got
}

// TestShare: a caller holds at most half of the connections and at least one, whatever
// other callers hold. A scope without a caller is not bounded.
func TestShare(t *testing.T) {
	for connections, half := range map[int]int{1: 1, 2: 1, 4: 2, 8: 4, 19: 9} {
		t.Run(fmt.Sprint(connections), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				acquire, callers := shareOf(connections, 2*time.Second)
				of := func(text string) *query.Scope {
					return &query.Scope{Caller: query.Caller{Network: netip.MustParsePrefix(text)}}
				}
				release, err := acquire(t.Context(), of("192.0.2.1/32"))
				if err != nil {
					t.Fatal(err)
				}
				for _, tt := range []struct {
					name  string
					scope *query.Scope
					want  int
				}{
					{"a user", called("ann"), half},
					{"the same user again", called("ann"), half},
					{"the network with a statement", of("192.0.2.1/32"), half - 1},
					{"another network", of("192.0.2.2/32"), half},
					{"no caller", &query.Scope{}, 50},
					{"no scope", nil, 50},
				} {
					if got := acquired(t, acquire, tt.scope); got != tt.want {
						t.Errorf("%s: %d slots, want %d", tt.name, got, tt.want)
					}
				}
				// Logins use the reserve, and so get through beside other requests of their network.
				urgent := func(ctx context.Context, scope *query.Scope) (func(), error) {
					return acquire(driver.WithReserve(ctx), scope)
				}
				if got := acquired(t, urgent, of("192.0.2.1/32")); got != 50 {
					t.Errorf("statements that may use the reserve: %d slots, want 50", got)
				}
				release()
				if n := callers(); n != 0 {
					t.Errorf("%d callers are kept", n)
				}
			})
		})
	}
}

// TestShareWaits: further statements of a caller wait in order and fail with ErrBusy after
// the timeout, or with the error of their context.
func TestShareWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		acquire, callers := shareOf(2, 2*time.Second)
		ann := called("ann")
		release, err := acquire(t.Context(), ann)
		if err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		var mu sync.Mutex
		var order []int
		for i := range 4 {
			running.Go(func() {
				ctx := t.Context()
				if i == 1 {
					ctx = gone
				}
				begun := time.Now()
				release, err := acquire(ctx, ann)
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				switch {
				case i == 1 && !errors.Is(err, context.Canceled),
					i == 3 && (!errors.Is(err, fault.ErrBusy) || time.Since(begun) != 2*time.Second),
					i != 1 && i != 3 && err != nil:
					t.Errorf("%d: %v", i, err)
				case err == nil:
					time.Sleep(1500 * time.Millisecond)
					release()
				}
			})
			synctest.Wait()
		}
		cancel()
		synctest.Wait()
		release()
		running.Wait()
		if got := fmt.Sprint(order); got != "[1 0 2 3]" {
			t.Errorf("slots were acquired in the order %s", got)
		}
		if n := callers(); n != 0 {
			t.Errorf("%d callers are kept", n)
		}
	})
}

// TestShareConcurrent: whatever runs and ends at once, no caller holds more than half, and
// no slot and no caller is left behind.
func TestShareConcurrent(t *testing.T) {
	acquire, callers := shareOf(4, 2*time.Second)
	var running sync.WaitGroup
	var held [3]atomic.Int64
	for who := range held {
		scope := called(fmt.Sprint("caller ", who))
		for range 10 {
			running.Go(func() {
				for range 200 {
					ctx, stop := context.WithTimeout(t.Context(), time.Duration(rand.IntN(2000))*time.Microsecond)
					if release, err := acquire(ctx, scope); err == nil {
						if n := held[who].Add(1); n > 2 {
							t.Errorf("a caller holds %d of 4", n)
						}
						time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
						held[who].Add(-1)
						release()
					} else if !errors.Is(err, context.DeadlineExceeded) {
						t.Error(err)
					}
					stop()
				}
			})
		}
	}
	running.Wait()
	if n := callers(); n != 0 {
		t.Errorf("%d callers are kept", n)
	}
}
