package store_test

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

	"github.com/seed-7694ebf6/plinth/store"
)

func called(name string) *store.Scope { return &store.Scope{Caller: store.Caller{ID: name}} }

// hold takes as much as a caller can have at once, which has to be so much, after somebody
// else was there, and gives it all back after a while.
func hold(t *testing.T, take func(context.Context, *store.Scope) (func(), error), scope *store.Scope, want int, lasts time.Duration) {
	t.Helper()
	leave, err := take(t.Context(), called("somebody else"))
	if err != nil {
		t.Fatal(err)
	}
	leave()
	holdAlone(t, take, scope, want, lasts)
}

// holdAlone is hold with nobody else.
func holdAlone(t *testing.T, take func(context.Context, *store.Scope) (func(), error), scope *store.Scope, want int, lasts time.Duration) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	var had atomic.Int64
	for range 50 {
		running.Go(func() {
			leave, err := take(ctx, scope)
			if err != nil {
				return
			}
			had.Add(1)
			<-ctx.Done()
			time.Sleep(lasts)
			leave()
		})
	}
	synctest.Wait()
	if got := had.Load(); got != int64(want) {
		t.Errorf("%s has %d connections, want %d", scope.Caller.ID, got, want)
	}
	stop()
	running.Wait()
}

// TestShare: a caller has a quarter of the connections until a statement of theirs was
// quick, then all but one, and a quarter again once one was slow, for a minute.
// Others do not matter.
func TestShare(t *testing.T) {
	tests := []struct{ connections, quarter, most int }{{1, 1, 1}, {2, 1, 1}, {4, 1, 3}, {8, 2, 7}, {20, 5, 19}}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.connections), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				take, remembered := store.NewShare(tt.connections)
				const quick, slow = 50 * time.Millisecond, 51 * time.Millisecond
				ann, bob := called("ann"), called("bob")
				hold(t, take, ann, tt.quarter, quick)
				hold(t, take, ann, tt.most, quick)
				hold(t, take, bob, tt.quarter, slow)
				hold(t, take, ann, tt.most, slow)
				for range 3 {
					hold(t, take, ann, tt.quarter, quick)
					time.Sleep(19 * time.Second)
				}
				time.Sleep(65 * time.Second)          // 122 s since the slow one
				hold(t, take, ann, tt.quarter, quick) // nothing is known
				hold(t, take, ann, tt.most, quick)
				time.Sleep(2 * time.Minute)
				hold(t, take, called("carl"), tt.quarter, quick)
				if n := remembered(); n != 2 {
					t.Errorf("%d are remembered", n)
				}
			})
		})
	}
}

// TestShareAlone: who has been alone for 10 s has all connections but one, however slow.
func TestShareAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		take, _ := store.NewShare(8)
		ann := called("ann")
		holdAlone(t, take, ann, 7, time.Second)
		hold(t, take, ann, 2, time.Second)
		time.Sleep(9 * time.Second) // 10 s since
		holdAlone(t, take, ann, 2, time.Second)
		holdAlone(t, take, ann, 7, time.Second)
		holdAlone(t, take, called("bob"), 2, time.Second)
		holdAlone(t, take, ann, 2, time.Second)
	})
}

// TestShareNobody: who is no caller has as many as there are.
func TestShareNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		take, remembered := store.NewShare(4)
		holdAlone(t, take, &store.Scope{}, 50, time.Second)
		if n := remembered(); n != 0 {
			t.Errorf("%d are remembered", n)
		}
	})
}

// TestShareNetworks: the strangers of one network are one caller.
func TestShareNetworks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		take, _ := store.NewShare(4)
		of := func(text string) *store.Scope {
			return &store.Scope{Caller: store.Caller{Network: netip.MustParsePrefix(text)}}
		}
		leave, err := take(t.Context(), of("192.0.2.1/32"))
		if err != nil {
			t.Fatal(err)
		}
		holdAlone(t, take, of("192.0.2.1/32"), 2, 0)
		hold(t, take, of("192.0.2.2/32"), 1, 0)
		leave()
	})
}

// place counts how often it was given away and taken again.
type place struct{ paused, resumed atomic.Int64 }

func (p *place) Pause() bool { return p.paused.Add(1) > 0 }
func (p *place) Resume()     { p.resumed.Add(1) }

// TestShareWaits: who waits has turns in the order of coming and no place meanwhile, and
// waits 5 s at most.
func TestShareWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		take, remembered := store.NewShare(4)
		hold(t, take, called("bob"), 1, 0)
		ann, of := called("ann"), new(place)
		ann.Place = of
		leave, err := take(t.Context(), ann)
		if err != nil || of.paused.Load() != 0 {
			t.Fatal(err, of.paused.Load())
		}
		var running sync.WaitGroup
		var order []int
		var mu sync.Mutex
		gone, goes := context.WithCancel(t.Context())
		for i := range 5 {
			running.Go(func() {
				ctx := t.Context()
				if i == 1 {
					ctx = gone
				}
				leave, err := take(ctx, ann)
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				switch {
				case i == 1 && !errors.Is(err, context.Canceled), i == 4 && !errors.Is(err, store.ErrTooManyStatements), i != 1 && i != 4 && err != nil:
					t.Errorf("%d: %v", i, err)
				case i == 3:
					time.Sleep(4 * time.Second) // the last one waits for that
					leave()
				case err == nil:
					time.Sleep(time.Second)
					leave()
				}
			})
			synctest.Wait()
		}
		if paused, resumed := of.paused.Load(), of.resumed.Load(); paused != 5 || resumed != 0 {
			t.Errorf("%d places given away, %d taken again", paused, resumed)
		}
		goes()
		synctest.Wait()
		time.Sleep(time.Second)
		leave()
		running.Wait()
		if got := fmt.Sprint(order); got != "[1 0 2 3 4]" {
			t.Errorf("turns came in the order %s", got)
		}
		if paused, resumed := of.paused.Load(), of.resumed.Load(); paused != resumed {
			t.Errorf("%d places given away, %d taken again", paused, resumed)
		}
		if n := remembered(); n != 3 { // how quick all are
			t.Errorf("%d are remembered", n)
		}
	})
}

// TestShareAtOnce: whatever comes and goes at once, nobody has too many and nobody is
// forgotten in line.
func TestShareAtOnce(t *testing.T) {
	take, _ := store.NewShare(4)
	var running sync.WaitGroup
	var had [3]atomic.Int64
	for who := range had {
		scope := called(fmt.Sprint("caller ", who))
		for range 10 {
			running.Go(func() {
				for range 200 {
					ctx, stop := context.WithTimeout(t.Context(), time.Duration(rand.IntN(2000))*time.Microsecond)
					if leave, err := take(ctx, scope); err == nil {
						if n := had[who].Add(1); n > 3 {
							t.Errorf("a caller has %d of 4", n)
						}
						time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
						had[who].Add(-1)
						leave()
					} else if !errors.Is(err, context.DeadlineExceeded) {
						t.Error(err)
					}
					stop()
				}
			})
		}
	}
	running.Wait()
	for who := range had {
		var leaves []func()
		for range 3 {
			ctx, stop := context.WithTimeout(t.Context(), time.Second)
			leave, err := take(ctx, called(fmt.Sprint("caller ", who)))
			stop()
			if err != nil && len(leaves) == 0 {
				t.Errorf("caller %d has nothing after all: %v", who, err)
			}
			if err == nil {
				leaves = append(leaves, leave)
			}
		}
		for _, leave := range leaves {
			leave()
		}
	}
}

// TestShareLasting: who has a connection for long is counted as long, however many come.
func TestShareLasting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		take, _ := store.NewShare(8)
		ann := called("ann")
		var leaves []func()
		hold(t, take, ann, 2, time.Second)
		for range 2 {
			leave, err := take(t.Context(), ann)
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, leave)
		}
		for i := range 30_000 {
			leave, err := take(t.Context(), called(fmt.Sprint(i)))
			if err != nil {
				t.Fatal(err)
			}
			leave()
		}
		for _, pause := range []time.Duration{0, time.Minute, time.Minute, time.Minute, 5 * time.Minute, 5 * time.Minute} {
			time.Sleep(pause)
			leave, err := take(t.Context(), called("bob"))
			if err != nil {
				t.Fatal(err)
			}
			leave()
			holdAlone(t, take, ann, 0, 0)
		}
		for _, leave := range leaves {
			leave()
		}
	})
}

// TestA47Shares: a flood of callers leaves little, and does not make who is slow
// quick.
func TestA47Shares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		take, remembered := store.NewShare(20)
		ann := called("ann")
		hold(t, take, ann, 5, 51*time.Millisecond)
		for i := range 30_000 {
			leave, err := take(t.Context(), called(fmt.Sprint(i)))
			if err != nil {
				t.Fatal(err)
			}
			leave()
			if i%5_000 == 0 {
				hold(t, take, ann, 5, 51*time.Millisecond)
			}
		}
		if n := remembered(); n > 20_000 {
			t.Errorf("%d are remembered", n)
		}
	})
}
