package data

import (
	"context"
	"errors"
	"iter"
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

// RotateBatch is how many secrets are read at a time when they are encrypted again.
const RotateBatch = 500

// Place is where the private key of a signing key is sealed.
func (k *SigningKey) Place() string { return "auth_signing_keys " + k.KeyID }

// ReencryptKeys encrypts the signing keys again. again returns nil for a secret that can stay. n
// is how many were changed, and lost how many again could not read.
func ReencryptKeys(ctx context.Context, db *store.DB, again func(place string, sealed []byte) ([]byte, error)) (n, lost int, err error) {
	return reencrypt(ctx, db, store.True(), signingKeyGeneration, signingKeySealed, again,
		func(k *SigningKey) (int64, string, []byte) { return k.Generation, k.Place(), k.Sealed })
}

// ReencryptApps encrypts the secrets of authenticator apps again, as ReencryptKeys does.
func ReencryptApps(ctx context.Context, db *store.DB, again func(place string, sealed []byte) ([]byte, error)) (n, lost int, err error) {
	return reencrypt(ctx, db, factorType.Eq(FactorTOTP), factorID, factorSealed, again,
		func(f *Factor) (store.ID, string, []byte) { return f.ID, f.Place(), f.Sealed })
}

// reencrypt encrypts the secrets of a table again. The sealed value of a row never changes, so
// concurrent runs do no harm.
func reencrypt[T, K any](
	ctx context.Context, db *store.DB, which store.Cond, key store.NumberCol[T, K], secret store.Col[T, []byte],
	again func(place string, sealed []byte) ([]byte, error), look func(*T) (id K, place string, sealed []byte),
) (n, lost int, err error) {
	rows := store.For[T](db)
	query := store.Query{Where: which, Order: []store.Order{key.Asc()}, Limit: store.Limit(RotateBatch)}
	for {
		batch, err := rows.List(ctx, query)
		if err != nil {
			return n, lost, err
		}
		for _, row := range batch {
			id, place, sealed := look(row)
			fresh, err := again(place, sealed)
			switch {
			case err != nil:
				lost++
			case fresh != nil:
				if _, err := rows.PatchWhere(ctx, key.Eq(id), secret.To(fresh)); err != nil {
					return n, lost, err
				}
				n++
			}
		}
		if len(batch) < RotateBatch {
			return n, lost, nil
		}
		last, _, _ := look(batch[len(batch)-1])
		query.Where = store.And(which, key.Gt(last))
	}
}

// EventQuery selects lines of the audit log. What is nil or empty selects all.
type EventQuery struct {
	User, Before *store.ID
	Kind         string
}

// ListEvents reads lines of the audit log, the youngest first.
func ListEvents(ctx context.Context, s store.Session, q EventQuery, most int) ([]*Event, error) {
	where := store.True()
	if q.User != nil {
		where = store.And(where, eventUserID.Eq(q.User))
	}
	if q.Before != nil {
		where = store.And(where, eventID.Lt(*q.Before))
	}
	if q.Kind != "" {
		where = store.And(where, eventKind.Eq(q.Kind))
	}
	return store.For[Event](s).List(ctx, store.Query{Where: where, Order: []store.Order{eventID.Desc()}, Limit: &most})
}

// SignUpsOf counts what the audit log says of a user: own sign-ups, and what others have done.
func SignUpsOf(ctx context.Context, s store.Session, user store.ID) (own, others int64, err error) {
	rows, theirs := store.For[Event](s), eventUserID.Eq(&user)
	if own, err = rows.Count(ctx, store.And(theirs, eventKind.Eq("signed_up"), eventActor.Eq(""))); err != nil {
		return 0, 0, err
	}
	others, err = rows.Count(ctx, store.And(theirs, eventActor.Ne("")))
	return own, others, err
}

// RevocationsSince reads the revocations since a time.
func RevocationsSince(ctx context.Context, s store.Session, since time.Time) iter.Seq2[*Revocation, error] {
	return store.For[Revocation](s).Each(ctx, store.Query{Where: revocationAt.Gt(since)})
}

// SigningKeysUntil reads the keys that sign beyond a time, the oldest first.
func SigningKeysUntil(ctx context.Context, s store.Session, over time.Time) ([]*SigningKey, error) {
	return store.For[SigningKey](s).List(ctx, store.Query{Where: signingKeySignsUntil.Gt(over), Order: []store.Order{signingKeyGeneration.Asc()}})
}

// NewestSigningKey reads the key of the last generation.
func NewestSigningKey(ctx context.Context, s store.Session) (*SigningKey, error) {
	return store.For[SigningKey](s).First(ctx, store.Query{Order: []store.Order{signingKeyGeneration.Desc()}})
}
