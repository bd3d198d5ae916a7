package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// closeGrace is how long Close waits for connections in use.
const closeGrace = 5 * time.Second

// pool lends connections. Who waits is served in the order of coming; the
// connection used last is lent first, because its caches are warm. It is safe
// for concurrent use.
type pool struct {
	open func(context.Context) (*conn, error)

	// closing is called with an idle connection that is about to be closed;
	// may be nil.
	closing func(*conn) error

	// slots holds a token for each connection lent. Goroutines that wait to
	// send on a channel are served first come, first served.
	slots chan struct{}

	mu     sync.Mutex
	idle   []*conn
	closed bool
}

func newPool(size int, open func(context.Context) (*conn, error)) *pool {
	return &pool{open: open, slots: make(chan struct{}, size)}
}

// acquire lends a connection, opening one if all that exist are lent. Every
// connection must go back by release.
func (p *pool) acquire(ctx context.Context) (*conn, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("sqlite: wait for a connection: %w", ctx.Err())
	}
	c, err := p.pop()
	if c == nil && err == nil {
		c, err = p.open(ctx)
	}
	if err != nil {
		<-p.slots
		return nil, err
	}
	return c, nil
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
		return nil, nil //nolint:nilnil // no connection is no error
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
	}
	p.mu.Unlock()
	if c != nil {
		_ = c.close() // nobody can do anything about it
	}
	<-p.slots
}

// close refuses further loans, waits for what is lent, but not for long, and
// closes the connections; one that comes back later is closed then.
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
	p.idle = nil
	p.mu.Unlock()
	for _, c := range idle {
		if p.closing != nil {
			errs = append(errs, p.closing(c))
		}
		errs = append(errs, c.close())
	}
	return errors.Join(errs...)
}

// drain waits until nothing is lent and reports whether that came true.
func (p *pool) drain() bool {
	timer := time.NewTimer(closeGrace)
	defer timer.Stop()
	taken := 0
	defer func() {
		for range taken {
			<-p.slots
		}
	}()
	for taken < cap(p.slots) {
		select {
		case p.slots <- struct{}{}:
			taken++
		case <-timer.C:
			return false
		}
	}
	return true
}
