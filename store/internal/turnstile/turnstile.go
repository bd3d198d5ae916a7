// Package turnstile is a semaphore with a timeout for acquiring a slot. Some of its
// slots are reserved for urgent callers.
package turnstile

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// ErrTimeout reports that no slot came free in time.
var ErrTimeout = errors.New("turnstile: no slot became free in time")

// Turnstile is a semaphore. Waiting callers are served first come, first served. It is
// safe for concurrent use.
type Turnstile struct {
	// A value in common is a taken slot open to all callers, a value in reserve a taken
	// slot for urgent callers. Goroutines blocked on sending to a channel are served
	// first come, first served.
	common, reserve chan struct{}
	patience        time.Duration

	waiting        atomic.Int64
	waits, refused atomic.Int64
	waited         atomic.Int64 // nanoseconds
}

// New returns a turnstile with a number of slots, reserve of which are for urgent
// callers. Callers wait at most for patience; negative means no limit.
func New(places, reserve int, patience time.Duration) *Turnstile {
	return &Turnstile{
		common: make(chan struct{}, places-reserve), reserve: make(chan struct{}, reserve), patience: patience,
	}
}

// Enter acquires a slot. It fails with [ErrTimeout], or with the error of ctx. Every
// acquired slot must be released with Leave.
func (t *Turnstile) Enter(ctx context.Context, urgent func(context.Context) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case t.common <- struct{}{}:
		return nil
	default:
	}
	var reserve chan struct{} // nil: the caller is not urgent
	if cap(t.reserve) > 0 && urgent(ctx) {
		reserve = t.reserve
	}
	select {
	case reserve <- struct{}{}:
		return nil
	default:
	}
	return t.wait(ctx, reserve)
}

func (t *Turnstile) wait(ctx context.Context, reserve chan struct{}) error {
	var late <-chan time.Time // nil: never
	if t.patience >= 0 {
		timer := time.NewTimer(t.patience)
		defer timer.Stop()
		late = timer.C
	}
	begun := time.Now()
	t.waits.Add(1)
	t.waiting.Add(1)
	defer func() {
		t.waiting.Add(-1)
		t.waited.Add(int64(time.Since(begun)))
	}()
	select {
	case t.common <- struct{}{}:
	case reserve <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-late:
		t.refused.Add(1)
		return ErrTimeout
	}
	return nil
}

// Leave releases a slot. Slots are interchangeable, so a reserved one is released first
// and is free for the next urgent caller.
func (t *Turnstile) Leave() {
	select {
	case <-t.reserve:
	default:
		<-t.common
	}
}

// Inside returns the number of acquired slots.
func (t *Turnstile) Inside() int { return len(t.common) + len(t.reserve) }

// Figures are the figures of a turnstile.
type Figures struct {
	// Places is the number of slots, Reserve the number of them for urgent callers.
	Places, Reserve int

	// Patience is the longest wait for a slot. Negative means no limit.
	Patience time.Duration

	// Waiting is the number of callers waiting now.
	Waiting int

	// Waits counts the callers that had to wait, and Refused those that timed out.
	// Waited is the total time they waited.
	Waits, Refused int64
	Waited         time.Duration
}

// Figures returns the current figures.
func (t *Turnstile) Figures() Figures {
	return Figures{
		Places: cap(t.common) + cap(t.reserve), Reserve: cap(t.reserve), Patience: t.patience, Waiting: int(t.waiting.Load()),
		Waits: t.waits.Load(), Refused: t.refused.Load(), Waited: time.Duration(t.waited.Load()),
	}
}
