// Package turnstile bounds how many use something at once, and for how long the
// others wait. A part of the places is kept in reserve for who is urgent.
package turnstile

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// ErrTimeout reports that no place came free in time.
var ErrTimeout = errors.New("turnstile: no place came free in time")

// Turnstile lets a number of users in. Who waits is let in in the order of coming.
// It is safe for concurrent use.
type Turnstile struct {
	// A token in common is a place of anybody's, one in reserve a place of who
	// is urgent. Goroutines that wait to send on a channel are served first
	// come, first served.
	common, reserve chan struct{}
	patience        time.Duration

	waiting        atomic.Int64
	waits, refused atomic.Int64
	waited         atomic.Int64 // nanoseconds
}

// New returns a turnstile with a number of places, of which so many are kept in
// reserve. Nobody waits longer than patience; negative is for ever.
func New(places, reserve int, patience time.Duration) *Turnstile {
	return &Turnstile{
		common: make(chan struct{}, places-reserve), reserve: make(chan struct{}, reserve), patience: patience,
	}
}

// Enter takes a place. It fails with [ErrTimeout], or with the error of ctx. Every
// place that was taken must be given back by Leave.
func (t *Turnstile) Enter(ctx context.Context, urgent func(context.Context) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case t.common <- struct{}{}:
		return nil
	default:
	}
	var reserve chan struct{} // nil: none for this one
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

// Leave gives a place back. Places are alike: one in reserve is given back first,
// whoever had it, so that the reserve is there for the next one who is urgent.
func (t *Turnstile) Leave() {
	select {
	case <-t.reserve:
	default:
		<-t.common
	}
}

// Inside is how many have a place.
func (t *Turnstile) Inside() int { return len(t.common) + len(t.reserve) }

// Figures are what a turnstile has counted.
type Figures struct {
	// Places is how many may be inside, Reserve how many of them are for who is
	// urgent.
	Places, Reserve int

	// Patience is how long a user waits. Negative is no limit.
	Patience time.Duration

	// Waiting is how many wait now.
	Waiting int

	// Waits counts who had to wait, Refused those of them who waited in vain
	// for all their patience, and Waited adds the time up.
	Waits, Refused int64
	Waited         time.Duration
}

// Figures returns what was counted so far.
func (t *Turnstile) Figures() Figures {
	return Figures{
		Places: cap(t.common) + cap(t.reserve), Reserve: cap(t.reserve), Patience: t.patience, Waiting: int(t.waiting.Load()),
		Waits: t.waits.Load(), Refused: t.refused.Load(), Waited: time.Duration(t.waited.Load()),
	}
}
