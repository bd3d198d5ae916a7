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

// exchange writes that jobs are done and claims up to n due jobs, in one transaction:
// under load a commit has both.
func (w *worker) exchange(ctx context.Context, done []outcome, n int) (claimed []*attempt, err error) {
	db, texts, limited := w.js.db, w.js.sql(), w.queue.limited()
	args := []any{w.queue.Name, w.kinds, int64(n), w.js.config.Lease.Microseconds()}
	switch {
	case n == 0:
		return nil, w.finish(ctx, db, done)
	case !limited && len(done) == 0:
		return w.js.claim(ctx, db, texts.claim, args...)
	case !limited && texts.postgres:
		return w.js.claim(ctx, db, texts.finishClaim, append(args, texts.leases(done)...)...)
	}
	// At READ COMMITTED the claim sees what was committed before it got the lock.
	err = db.TxWith(ctx, store.TxOptions{Isolation: sql.LevelReadCommitted}, func(ctx context.Context, tx *store.Tx) error {
		claimed = nil // of a transaction that is repeated
		if err := w.finish(ctx, tx, done); err != nil {
			return err
		}
		if !limited {
			claimed, err = w.js.claim(ctx, tx, texts.claim, args...)
			return err
		}
		free, err := w.queue.lock(ctx, tx, n)
		if err != nil || free <= 0 {
			return err
		}
		args[2] = int64(free)
		claimed, err = w.js.claim(ctx, tx, texts.claimLimited, append(args, noLimit(w.queue.KeyLimit))...)
		return err
	})
	return claimed, err
}

// finish writes that jobs are done.
func (w *worker) finish(ctx context.Context, s store.Session, done []outcome) error {
	if len(done) == 0 {
		return nil
	}
	_, err := store.SQL{Text: w.js.sql().finish, Args: w.js.sql().leases(done), Writes: true}.Exec(ctx, s)
	return err
}

// noLimit is a limit as statements take it.
func noLimit(n int) int64 { return cmp.Or(int64(n), math.MaxInt32) }

// lock locks the row of a queue, and returns how many of n jobs its limit allows.
func (q Queue) lock(ctx context.Context, tx *store.Tx, n int) (free int, err error) {
	// The update locks the row, also where it changes nothing.
	lock := store.SQL{Text: "insert into plinth_queues (name) values ($1) on conflict (name) do update set paused_at = plinth_queues.paused_at", Args: []any{q.Name}, Writes: true}
	if _, err := lock.Exec(ctx, tx); err != nil {
		return 0, err
	}
	count := store.SQL{Text: "select count(*) from plinth_jobs where state = 'running' and queue = $1", Args: lock.Args, Columns: []store.Kind{store.KindInt}}
	err = count.Rows(ctx, tx, func(values [][]byte) error {
		running := int64(0)
		err := scan(values, &running)
		free = min(n, int(noLimit(q.Limit)-running))
		return err
	})
	return free, err
}

// claim runs a statement that claims.
func (js *Jobs) claim(ctx context.Context, s store.Session, text string, args ...any) (claimed []*attempt, err error) {
	q := store.SQL{Text: text, Args: args, Columns: claimKinds, Writes: true}
	begun := time.Now()
	err = q.Rows(ctx, s, func(v [][]byte) error {
		a, kind := &attempt{js: js, held: begun}, ""
		err := scan(v, &a.id, &kind, &a.fence, &a.args, &a.sealed, &a.attempts, &a.max, &a.enqueuedAt, &a.actor, &a.tenant, &a.trace, &a.priority, &a.due, &a.row)
		a.kind = js.kindNamed(kind)
		claimed = append(claimed, a)
		return err
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
