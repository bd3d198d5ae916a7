package turnstile_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7694ebf6/plinth/store/internal/turnstile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func yes(context.Context) bool { return true }

func no(context.Context) bool { return false }

// TestBounded lets 200 through four places: never more than four are inside, all
// get in, and the wait is told.
func TestBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := turnstile.New(4, 0, time.Minute)
		var inside, most atomic.Int64
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				if err := s.Enter(t.Context(), no); err != nil {
					t.Error(err)
					return
				}
				defer s.Leave()
				n := inside.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				time.Sleep(100 * time.Millisecond)
				inside.Add(-1)
			})
		}
		wg.Wait()
		f := s.Figures()
		// Four at a time, 49 of the 50 rounds wait 0.1 s, 0.2 s, ... 4.9 s.
		want := 4 * 49 * 50 / 2 * 100 * time.Millisecond
		if most.Load() != 4 || f.Waits != 196 || f.Refused != 0 || f.Waited != want || s.Inside() != 0 || f.Waiting != 0 {
			t.Errorf("most inside: %d, figures %+v, want 4 and a wait of %s", most.Load(), f, want)
		}
	})
}

// TestPatience lets nobody wait longer than the patience, or than the context.
func TestPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := turnstile.New(1, 0, 2*time.Second)
		if err := s.Enter(t.Context(), no); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if err := s.Enter(t.Context(), yes); !errors.Is(err, turnstile.ErrTimeout) || time.Since(begun) != 2*time.Second {
			t.Errorf("got %v after %s", err, time.Since(begun))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun = time.Now()
		if err := s.Enter(ctx, no); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("got %v after %s", err, time.Since(begun))
		}
		s.Leave()
		if err := s.Enter(ctx, no); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a context that has ended got in: %v", err)
		}
		if f := s.Figures(); f.Refused != 1 || f.Waits != 2 || s.Inside() != 0 {
			t.Errorf("figures %+v, %d inside", f, s.Inside())
		}
	})
}

// TestReserve keeps a place for who is urgent, and has it again once somebody
// leaves, whoever that is.
func TestReserve(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := turnstile.New(3, 1, time.Second)
		enter := func(urgent func(context.Context) bool, want error) {
			t.Helper()
			if err := s.Enter(t.Context(), urgent); !errors.Is(err, want) {
				t.Fatalf("got %v, want %v", err, want)
			}
		}
		enter(no, nil)
		enter(yes, nil) // takes what is free for all first
		enter(no, turnstile.ErrTimeout)
		enter(yes, nil)
		enter(yes, turnstile.ErrTimeout)
		s.Leave()
		enter(no, turnstile.ErrTimeout)
		enter(yes, nil)
		s.Leave()
		s.Leave()
		enter(no, nil)
		enter(no, turnstile.ErrTimeout)
	})
}

func TestFastPathAllocatesNothing(t *testing.T) {
	s := turnstile.New(2, 1, time.Second)
	ctx := t.Context()
	got := testing.AllocsPerRun(100, func() {
		_ = s.Enter(ctx, no)
		s.Leave()
	})
	if got != 0 {
		t.Errorf("%v allocations, want none", got)
	}
}
