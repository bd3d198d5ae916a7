package core

import (
	"context"
	"errors"
	"sync"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/turnstile"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// shares bounds the connections that one caller holds of the pool for reads and of the pool
// for writes, which are one on PostgreSQL. See [query.Scope.Caller].
type shares struct{ reads, writes *share }

// newShares returns the shares of the pools of a driver.
func newShares(pools []driver.PoolStats) shares {
	var s shares
	for _, pool := range pools {
		of := &share{callers: map[query.Caller]*callerSlots{}}
		of.unused.New = func() any {
			half := max((pool.Max-pool.Reserve)/2, 1)
			return &callerSlots{of: of, slots: turnstile.New(half, 0, pool.AcquireTimeout)}
		}
		if pool.Name != driver.Writer {
			s.reads = of
		}
		if pool.Name != driver.Readers {
			s.writes = of
		}
	}
	return s
}

// share has the callers that use or wait for connections of one pool.
type share struct {
	mu      sync.Mutex
	callers map[query.Caller]*callerSlots
	unused  sync.Pool // of *callerSlots
}

type callerSlots struct {
	of     *share
	slots  *turnstile.Turnstile
	caller query.Caller
	users  int // that hold a slot or wait for one
}

// acquire waits for a slot of the scope's caller. It returns nil for an unbounded scope, and
// for urgent statements: a login must not wait for the other requests of its network.
func (s shares) acquire(ctx context.Context, scope *query.Scope, writes bool) (*callerSlots, error) {
	of := s.reads
	if writes {
		of = s.writes
	}
	if of == nil || !scope.Counted() || driver.MayReserve(ctx) {
		return nil, nil // documented
	}
	of.mu.Lock()
	c := of.callers[scope.Caller]
	if c == nil {
		c = of.unused.Get().(*callerSlots)
		c.caller, of.callers[scope.Caller] = scope.Caller, c
	}
	c.users++
	of.mu.Unlock()
	err := c.slots.Enter(ctx, nil)
	if err == nil {
		return c, nil
	}
	c.forget()
	if errors.Is(err, turnstile.ErrTimeout) {
		err = fault.ErrBusy
	}
	return nil, err
}

// release gives the slot back.
func (c *callerSlots) release() {
	if c != nil {
		c.slots.Leave()
		c.forget()
	}
}

func (c *callerSlots) forget() {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if c.users--; c.users == 0 {
		delete(c.of.callers, c.caller)
		c.of.unused.Put(c)
	}
}
