package data

import (
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

func Deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func DerefTime(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
