package jobs

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// exchange writes that jobs are done and claims up to n due jobs of a queue, in one
// transaction: under load a commit has both.
func (js *Jobs) exchange(ctx context.Context, q Queue, kinds []string, done []outcome, n int) (claimed []*attempt, err error) {
	limited := q.limited()
	switch {
	case n == 0:
		return nil, js.finish(ctx, js.db, done)
	case !limited && len(done) == 0:
		return js.claim(ctx, js.db, q, kinds, n)
	case !limited && js.sql().postgres:
		return js.runClaim(ctx, js.db, store.SQL{Text: js.sql().finishClaim, Args: append(js.claimArgs(q, kinds, n), js.leases(done)...)})
	}
	// At READ COMMITTED the claim sees what was committed before it got the lock.
	err = js.db.TxWith(ctx, store.TxOptions{Isolation: sql.LevelReadCommitted}, func(ctx context.Context, tx *store.Tx) error {
		if err := js.finish(ctx, tx, done); err != nil {
			return err
		}
		if limited {
			claimed, err = js.claimLimited(ctx, tx, q, kinds, n)
		} else {
			claimed, err = js.claim(ctx, tx, q, kinds, n)
		}
		return err
	})
	return claimed, err
}

// claim claims in a queue without limits.
func (js *Jobs) claim(ctx context.Context, s store.Session, q Queue, kinds []string, n int) ([]*attempt, error) {
	return js.runClaim(ctx, s, store.SQL{Text: js.sql().claim, Args: js.claimArgs(q, kinds, n)})
}

func (js *Jobs) claimArgs(q Queue, kinds []string, n int) []any {
	return []any{q.Name, kinds, int64(n), js.config.Lease.Microseconds()}
}

// claimLimited claims in a queue with limits.
func (js *Jobs) claimLimited(ctx context.Context, tx *store.Tx, q Queue, kinds []string, n int) ([]*attempt, error) {
	free, err := js.lockQueue(ctx, tx, q, n)
	if err != nil || free <= 0 {
		return nil, err
	}
	return js.runClaim(ctx, tx, store.SQL{Text: js.sql().claimLimited, Args: append(js.claimArgs(q, kinds, free), noLimit(q.KeyLimit))})
}

// noLimit is a limit as statements take it.
func noLimit(n int) int64 { return cmp.Or(int64(n), math.MaxInt32) }

// lockQueue locks the row of a queue, and returns how many of n jobs its limit allows.
func (js *Jobs) lockQueue(ctx context.Context, tx *store.Tx, q Queue, n int) (free int, err error) {
	// The update locks the row, also where it changes nothing.
	lock := store.SQL{Text: "insert into plinth_queues (name) values ($1) on conflict (name) do update set paused_at = plinth_queues.paused_at", Args: []any{q.Name}, Writes: true}
	if _, err := lock.Exec(ctx, tx); err != nil {
		return 0, err
	}
	count := store.SQL{Text: "select count(*) from plinth_jobs where state = 'running' and queue = $1", Args: lock.Args, Columns: []store.Kind{store.KindInt}}
	err = count.Rows(ctx, tx, func(values [][]byte) error {
		var r reader
		free = min(n, int(noLimit(q.Limit)-r.int(values[0])))
		return r.err
	})
	return free, err
}

func (js *Jobs) runClaim(ctx context.Context, s store.Session, q store.SQL) ([]*attempt, error) {
	var claimed []*attempt
	q.Columns, q.Writes = claimKinds, true
	begun := time.Now()
	err := q.Rows(ctx, s, func(v [][]byte) error {
		var r reader
		claimed = append(claimed, &attempt{
			js: js, id: r.id(v[0]), kind: js.kindNamed(r.text(v[1])), fence: r.int(v[2]), args: r.text(v[3]), sealed: string(v[4]) == "true",
			attempts: int(r.int(v[5])), max: int(r.int(v[6])), enqueuedAt: r.time(v[7]), actor: r.text(v[8]), tenant: r.text(v[9]), trace: r.text(v[10]),
			priority: r.int(v[11]), due: r.time(v[12]), row: r.text(v[13]), held: begun,
		})
		return r.err
	})
	slices.SortFunc(claimed, func(a, b *attempt) int {
		return cmp.Or(cmp.Compare(a.priority, b.priority), a.due.Compare(b.due), a.id.Compare(b.id))
	})
	return claimed, err
}

func (js *Jobs) kindNamed(name string) *kind {
	js.mu.Lock()
	defer js.mu.Unlock()
	return js.kinds[name]
}
