package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// pingTimeout is how long a connection that is pinged has for its answer.
	pingTimeout = 3 * time.Second

	// fresh is how long a connection is trusted after its last use.
	fresh = time.Second
)

// isDead pings a suspect connection before the pool hands it out. A connection is
// suspect if it was idle for a second, or was last used before another one was found
// dead.
//
// pgx calls it to decide whether to ping. pgx itself would wait for each dead
// connection in turn. Here the first dead one makes the pool drop all others, and the
// next one is new.
func (d *database) isDead(ctx context.Context, p pgxpool.ShouldPingParams) bool {
	if p.IdleDuration <= fresh && time.Now().Add(-p.IdleDuration).UnixNano() > d.lost.Load() {
		return false
	}
	limited, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	err := p.Conn.Ping(limited)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		d.forgetAll()
	}
	return err != nil // pgx pings the closed connection once more, and drops it
}

// forgetAll closes the idle connections now and the others once they are released,
// because the server does not answer. It runs at most once in pingTimeout, because
// later connections are new.
func (d *database) forgetAll() {
	now := time.Now().UnixNano()
	last := d.forgot.Load()
	if now-last < int64(pingTimeout) || !d.forgot.CompareAndSwap(last, now) {
		return
	}
	d.logger.Warn("postgres: a connection does not respond; all connections are reopened")
	d.pool.Reset()
}

// noteLoss records that a connection was found dead or did not answer within the
// deadline of its context. The other connections are pinged before their next use. A
// canceled context is not evidence of a dead connection.
func (d *database) noteLoss(ctx context.Context, err error) {
	switch ctx.Err() {
	case nil:
		if isLost(err) {
			d.lost.Store(time.Now().UnixNano())
		}
	case context.DeadlineExceeded:
		d.lost.Store(time.Now().UnixNano())
	}
}
