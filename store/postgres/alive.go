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

// isDead pings a connection that is about to be lent, if it is suspect: when it
// was not used for a second, or was used last before another one was found dead.
//
// pgx asks this as the question whether it should ping. It would wait for each
// connection in turn to give no answer; here the first one that gives none makes
// the pool forget all others, and the next one is new.
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

// forgetAll closes the connections nobody uses, and the others once they are given
// back: those to a server that does not answer. At most once in pingTimeout: what
// was opened since is none of them.
func (d *database) forgetAll() {
	now := time.Now().UnixNano()
	last := d.forgot.Load()
	if now-last < int64(pingTimeout) || !d.forgot.CompareAndSwap(last, now) {
		return
	}
	d.logger.Warn("postgres: a connection gives no answer; all are opened anew")
	d.pool.Reset()
}

// noteLoss remembers that a connection was found dead, or gave no answer within
// the deadline of its user: the others are pinged before they are used again. One
// whose user went away tells nothing.
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
