package migrate

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/store"
)

// UpLate is one step of Up of an instance that has seen a pending migration without a transaction, and applies it after
// another instance has run meanwhile.
func UpLate(ctx context.Context, db *store.DB, meanwhile func() error, sources ...Source) error {
	m, err := New(db, sources...)
	if err != nil {
		return err
	}
	s, err := open(ctx, db, m.engine)
	if err != nil {
		return err
	}
	defer s.close()
	next, err := m.next(ctx, s.bare())
	if err != nil || next == nil {
		return errors.Join(err, errors.New("nothing is pending"))
	}
	if err := meanwhile(); err != nil {
		return err
	}
	return m.upBare(ctx, s, next)
}
