package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/turnstile"
)

// closeGrace is how long Close waits for connections in use.
const closeGrace = 5 * time.Second

// pool is a pool of connections. Waiting callers are served first come, first served.
// The connection used last is reused first, because its caches are warm. It is safe for
// concurrent use.
type pool struct {
	open func(context.Context) (*conn, error)

	// closing is called with an idle connection that is about to be closed;
	// may be nil.
	closing func(*conn) error

	turns *turnstile.Turnstile

	// file is checked before a connection is handed out, at most once in checkEvery.
	// Nil means no file.
	file       *file
	checkEvery time.Duration

	mu     sync.Mutex
	idle   []*conn
	opened int // open connections, idle or in use
	closed bool
}

// newPool returns a pool of a size. Callers wait for a connection at most for patience.
func newPool(size int, patience time.Duration, open func(context.Context) (*conn, error)) *pool {
	return &pool{open: open, turns: turnstile.New(size, 0, patience)}
}

// acquire returns a connection and opens one if none is idle. Every connection must be
// returned with release.
func (p *pool) acquire(ctx context.Context) (*conn, error) {
	if err := p.turns.Enter(ctx, driver.MayReserve); errors.Is(err, turnstile.ErrTimeout) {
		return nil, fmt.Errorf("%w: sqlite: all %d are in use", driver.ErrBusy, p.turns.Figures().Places)
	} else if err != nil {
		return nil, fmt.Errorf("sqlite: wait for a connection: %w", err)
	}
	err := p.file.check(p.checkEvery)
	var c *conn
	if err == nil {
		c, err = p.pop()
	}
	if c == nil && err == nil {
		c, err = p.openOne(ctx)
	}
	if err != nil {
		p.turns.Leave()
		return nil, err
	}
	return c, nil
}

// openOne opens a connection.
func (p *pool) openOne(ctx context.Context) (*conn, error) {
	c, err := p.open(ctx)
	if err == nil {
		p.mu.Lock()
		p.opened++
		p.mu.Unlock()
	}
	return c, err
}

// stats returns the figures of the pool.
func (p *pool) stats(name string) driver.PoolStats {
	f := p.turns.Figures()
	p.mu.Lock()
	opened, idle := p.opened, len(p.idle)
	p.mu.Unlock()
	return driver.PoolStats{
		Name: name, Max: f.Places, AcquireTimeout: f.Patience, Open: opened, InUse: opened - idle, Idle: idle,
		Waiting: f.Waiting, Waits: f.Waits, WaitTime: f.Waited, Refused: f.Refused,
	}
}

// pop returns an idle connection, nil if there is none.
func (p *pool) pop() (*conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, fmt.Errorf("%w: sqlite: database is closed", driver.ErrUnavailable)
	}
	last := len(p.idle) - 1
	if last < 0 {
		return nil, nil // no connection is no error
	}
	c := p.idle[last]
	p.idle = p.idle[:last]
	return c, nil
}

// release takes a connection back. An open transaction is rolled back; a
// connection that cannot do that is closed, which ends it as well.
func (p *pool) release(c *conn) {
	broken := c.rollback() != nil
	p.mu.Lock()
	if !broken && !p.closed {
		p.idle = append(p.idle, c)
		c = nil
	} else {
		p.opened--
	}
	p.mu.Unlock()
	if c != nil {
		_ = c.close() // the error has no consequence
	}
	p.turns.Leave()
}

// close rejects further acquires, waits up to closeGrace for connections in use, and
// closes the connections. A connection released later is closed then.
func (p *pool) close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.mu.Unlock()

	var errs []error
	if !p.drain() {
		errs = append(errs, errors.New("sqlite: closed while connections were in use"))
	}
	p.mu.Lock()
	idle := p.idle
	p.idle, p.opened = nil, p.opened-len(idle)
	p.mu.Unlock()
	for _, c := range idle {
		if p.closing != nil {
			errs = append(errs, p.closing(c))
		}
		errs = append(errs, c.close())
	}
	return errors.Join(errs...)
}

// drain waits until no connection is in use and reports whether it succeeded. The pool
// is closed, so no connection is handed out anymore.
func (p *pool) drain() bool {
	deadline := time.Now().Add(closeGrace)
	for p.turns.Inside() > 0 {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(time.Millisecond)
	}
	return true
}
