package accounts

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/store"
)

// Retention says how long [Accounts.Run] keeps rows that are not usable any more.
type Retention struct {
	// Sessions is how long a session is kept after it has ended, which a user's
	// list of devices and AccountGuesses of [Limits] look at.
	//
	// Defaults to 30 days.
	Sessions time.Duration

	// Events is how long the audit log is kept; less than 0 is for ever.
	//
	// Defaults to 400 days.
	Events time.Duration

	// Every is how often rows are looked for that can go.
	//
	// Defaults to 10 minutes.
	Every time.Duration
}

func (r Retention) withDefaults() (Retention, error) {
	r.Sessions = cmp.Or(r.Sessions, 30*24*time.Hour)
	r.Events = cmp.Or(r.Events, 400*24*time.Hour)
	r.Every = cmp.Or(r.Every, 10*time.Minute)
	if r.Sessions < 0 || r.Every < 0 {
		return r, errors.New("accounts: Retention: Sessions and Every must not be negative")
	}
	return r, nil
}

const (
	// sweepBatch is how many rows one statement deletes: others wait for it.
	sweepBatch = 500

	// sweepMost is how many batches of a table one sweep deletes before the other tables
	// have their turn.
	sweepMost = 20

	// sweepLate is how long rows are kept that are of no use at once, for clocks that
	// differ and for who looks into what has happened.
	sweepLate = 24 * time.Hour
)

// sweepRegularly is a part of Run. What does not work is tried again: nothing depends
// on rows being gone. Where there are more than one sweep deletes, another one follows at
// once: who leaves many rows behind, from many addresses, does not leave them faster than
// they go.
func (a *Accounts) sweepRegularly(ctx context.Context) error {
	tick := time.NewTicker(a.config.Retention.Every)
	defer tick.Stop()
	for {
		more, err := a.sweep(ctx)
		if err != nil && ctx.Err() == nil {
			a.config.Logger.WarnContext(ctx, "accounts: expired rows were not deleted", "error", err)
		}
		if more && err == nil {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// sweep deletes the rows that are of no use, and reports whether there may be more. Every
// condition has an index of its own.
func (a *Accounts) sweep(ctx context.Context) (more bool, err error) {
	now := a.now()
	over := func(column string, since time.Time) store.Cond { return store.Compare(column, store.OpLte, since) }
	sessions := now.Add(-a.config.Retention.Sessions)
	var all swept
	all.of(sweep(ctx, a.db, func(f *data.Failures) string { return f.Key }, "key", over("expires_at", now)))
	all.of(sweep(ctx, a.db, func(c *data.Code) store.ID { return c.ID }, "id", over("expires_at", now.Add(-sweepLate))))
	all.of(sweep(ctx, a.db, func(f *data.Factor) store.ID { return f.ID }, "id", over("waits_until", now.Add(-sweepLate))))
	all.of(sweep(ctx, a.db, func(m *data.MailTime) string { return m.Subject }, "subject", over("sent_at", now.Add(-max(a.config.MailInterval, 0)-sweepLate))))
	// Access tokens live an hour at most, also those of instances with other settings.
	all.of(sweep(ctx, a.db, func(r *data.Revocation) int64 { return r.ID }, "id", over("at", now.Add(-session.MaxAccessTTL-sweepLate))))
	all.of(sweep(ctx, a.db, func(s *data.Session) store.ID { return s.ID }, "id", over("ended_at", sessions)))
	all.of(sweep(ctx, a.db, func(s *data.Session) store.ID { return s.ID }, "id", over("expires_at", sessions)))
	if a.config.Retention.Events > 0 {
		all.of(sweep(ctx, a.db, func(e *data.Event) store.ID { return e.ID }, "id", over("at", now.Add(-a.config.Retention.Events))))
	}
	return all.more, all.err
}

// swept is what has come of tables that were swept.
type swept struct {
	more bool
	err  error
}

func (s *swept) of(more bool, err error) { s.more, s.err = s.more || more, errors.Join(s.err, err) }

// sweep deletes the rows of one table that a condition selects, in batches, and reports
// whether it has stopped before the last.
func sweep[T, K any](ctx context.Context, db *store.DB, key func(*T) K, column string, which store.Cond) (more bool, err error) {
	rows := store.For[T](db)
	for range sweepMost {
		batch, err := rows.List(ctx, store.Query{Where: which, Limit: store.Limit(sweepBatch)})
		if err != nil || len(batch) == 0 {
			return false, err
		}
		keys := make([]K, len(batch))
		for i, row := range batch {
			keys[i] = key(row)
		}
		// The condition is checked again: a concurrent request may use a row.
		if _, err := rows.DeleteWhere(ctx, store.And(store.In(column, keys), which)); err != nil {
			return false, err
		}
		if len(batch) < sweepBatch {
			return false, nil
		}
	}
	return true, nil
}
