package data

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// TimeOf returns a time as it is kept, nil for none.
func TimeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Microsecond)
	return &t
}

// IsTaken reports whether an error is a violated unique constraint.
func IsTaken(err error) bool {
	taken, ok := errors.AsType[*store.ConstraintError](err)
	return ok && taken.Kind == store.Unique
}

// Deref returns a text, empty for nil.
func Deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// DerefTime returns a time, zero for nil.
func DerefTime(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// Insert writes a new row.
func Insert[T any](ctx context.Context, s store.Session, row *T) error {
	return store.For[T](s).Insert(ctx, row)
}

// first finds a row, nil without one.
func first[T any](ctx context.Context, s store.Session, where store.Cond) (*T, error) {
	found, err := store.For[T](s).List(ctx, store.Query{Where: where, Limit: store.Limit(1)})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// remove deletes the rows that a condition selects.
func remove[T any](ctx context.Context, tx *store.Tx, where store.Cond) error {
	_, err := store.For[T](tx).DeleteWhere(ctx, where)
	return err
}
