package data

import (
	"context"
	"iter"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

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
