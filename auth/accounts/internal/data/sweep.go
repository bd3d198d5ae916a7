package data

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

const (
	// sweepBatch is how many rows one statement deletes: others wait for it.
	sweepBatch = 500

	// SweepMost is how many rows of a table one sweep deletes before the other tables have
	// their turn.
	SweepMost = 20 * sweepBatch
)

// Expiry says up to when the rows of each table are of no use. A zero time keeps them.
type Expiry struct {
	Budgets, Codes, Factors, Mails, Revocations, Sessions, Events time.Time
}

// Sweep deletes the rows that are of no use, and reports whether there may be more. Every
// condition has an index of its own.
func Sweep(ctx context.Context, db *store.DB, until Expiry) (more bool, err error) {
	var all swept
	all.of(sweep(ctx, db, failuresKey, func(f *Failures) string { return f.Key }, failuresExpiresAt.Lte(until.Budgets)))
	all.of(sweep(ctx, db, codeID, func(c *Code) store.ID { return c.ID }, codeExpiresAt.Lte(until.Codes)))
	all.of(sweep(ctx, db, factorID.Col, func(f *Factor) store.ID { return f.ID }, factorWaitsUntil.Lte(&until.Factors)))
	all.of(sweep(ctx, db, mailTimeSubject, func(m *MailTime) string { return m.Subject }, mailTimeSentAt.Lte(until.Mails)))
	all.of(sweep(ctx, db, revocationID, func(r *Revocation) int64 { return r.ID }, revocationAt.Lte(until.Revocations)))
	all.of(sweep(ctx, db, sessionID, func(s *Session) store.ID { return s.ID }, sessionEndedAt.Lte(&until.Sessions)))
	all.of(sweep(ctx, db, sessionID, func(s *Session) store.ID { return s.ID }, sessionExpiresAt.Lte(until.Sessions)))
	if !until.Events.IsZero() {
		all.of(sweep(ctx, db, eventID.Col, func(e *Event) store.ID { return e.ID }, eventAt.Lte(until.Events)))
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
func sweep[T, K any](ctx context.Context, db *store.DB, column store.Col[T, K], key func(*T) K, which store.Cond) (more bool, err error) {
	rows := store.For[T](db)
	for range SweepMost / sweepBatch {
		batch, err := rows.List(ctx, store.Query{Where: which, Limit: store.Limit(sweepBatch)})
		if err != nil || len(batch) == 0 {
			return false, err
		}
		keys := make([]K, len(batch))
		for i, row := range batch {
			keys[i] = key(row)
		}
		// The condition is checked again: a concurrent request may use a row.
		if _, err := rows.DeleteWhere(ctx, store.And(column.In(keys...), which)); err != nil {
			return false, err
		}
		if len(batch) < sweepBatch {
			return false, nil
		}
	}
	return true, nil
}
