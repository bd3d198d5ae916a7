package faults_test

import (
	"context"
	"errors"
	"sync"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// kind is the way in which a statement fails.
type kind string

const (
	// refused: the statement does not run and its error says so.
	refused kind = "refused"
	// cut: the connection is lost before the statement runs.
	cut kind = "cut"
	// unknown: the statement runs, and its answer is lost.
	unknown kind = "unknown outcome"
)

// plan says which step is to fail, and counts the steps until then. A step is
// anything that asks the database: a statement, and what begins or ends a
// transaction.
type plan struct {
	mu   sync.Mutex
	kind kind
	left int // steps until the fault; 0: none is planned
}

// arm plans a fault at the n-th step from now.
func (p *plan) arm(k kind, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kind, p.left = k, n
}

// disarm takes a fault back and reports whether it had happened.
func (p *plan) disarm() (happened bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	happened = p.left == 0
	p.left = 0
	return happened
}

// step counts a step and returns how it fails, or "".
func (p *plan) step() kind {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 {
		return ""
	}
	if p.left--; p.left > 0 {
		return ""
	}
	return p.kind
}

var errInjected = errors.New("faults: injected")

// faulty fails steps of the driver behind it.
type faulty struct {
	driver.Driver
	plan *plan
}

// do runs a step, or not, and returns its error or the injected one.
func (p *plan) do(run func() error) error {
	switch p.step() {
	case refused:
		return errInjected
	case cut:
		return errors.Join(driver.ErrUnavailable, errInjected)
	case unknown:
		return errors.Join(run(), driver.ErrUnavailable, errInjected)
	}
	return run()
}

func (f faulty) Query(ctx context.Context, conn driver.Conn, s *driver.Statement, r *driver.Result) error {
	return f.plan.do(func() error { return f.Driver.Query(ctx, inner(conn), s, r) })
}

func (f faulty) Exec(ctx context.Context, conn driver.Conn, s *driver.Statement) (n int64, err error) {
	err = f.plan.do(func() error {
		n, err = f.Driver.Exec(ctx, inner(conn), s)
		return err
	})
	return n, err
}

func (f faulty) Begin(ctx context.Context, opts driver.TxOptions) (c driver.Conn, err error) {
	err = f.plan.do(func() error {
		c, err = f.Driver.Begin(ctx, opts)
		return err
	})
	if err != nil {
		if c != nil {
			err = errors.Join(err, c.Rollback())
		}
		return nil, err
	}
	return faultyConn{c, f.plan}, nil
}

// faultyConn fails the commit of the transaction behind it.
type faultyConn struct {
	driver.Conn
	plan *plan
}

func (c faultyConn) Commit(ctx context.Context) error {
	err := c.plan.do(func() error { return c.Conn.Commit(ctx) })
	if err != nil {
		err = errors.Join(err, c.Rollback())
	}
	return err
}

// inner returns the transaction the driver knows.
func inner(c driver.Conn) driver.Conn {
	if f, ok := c.(faultyConn); ok {
		return f.Conn
	}
	return c
}
