package data

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// DueMails reads mails that are due, the oldest first.
func DueMails(ctx context.Context, s store.Session, now time.Time, most int) ([]*Outgoing, error) {
	return store.For[Outgoing](s).List(ctx, store.Query{Where: outgoingDueAt.Lte(now), Order: []store.Order{outgoingDueAt.Asc()}, Limit: &most})
}

// unchanged selects the row while no other sender has claimed it.
func (o *Outgoing) unchanged() store.Cond {
	return store.And(outgoingID.Eq(o.ID), outgoingAttempts.Eq(o.Attempts))
}

// ClaimMail counts an attempt and keeps others off until a time. It reports whether no other
// sender has claimed the mail.
func ClaimMail(ctx context.Context, s store.Session, o *Outgoing, until time.Time) (bool, error) {
	n, err := store.For[Outgoing](s).PatchWhere(ctx, o.unchanged(), outgoingDueAt.To(until), outgoingAttempts.To(o.Attempts+1))
	if n == 1 {
		o.Attempts++
	}
	return n == 1, err
}

// DelayMail makes a claimed mail due at a time.
func DelayMail(ctx context.Context, s store.Session, o *Outgoing, due time.Time) error {
	_, err := store.For[Outgoing](s).PatchWhere(ctx, o.unchanged(), outgoingDueAt.To(due))
	return err
}

// DropMail deletes a claimed mail.
func DropMail(ctx context.Context, s store.Session, o *Outgoing) error {
	_, err := store.For[Outgoing](s).DeleteWhere(ctx, o.unchanged())
	return err
}
