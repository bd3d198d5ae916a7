package api

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store"
)

// inTx runs do with an exchange whose statements are one transaction: that of x,
// if it has one, else a new one, which commits if do returns no error. A
// transaction that loses against another is run again, and do with it.
func (x *exchange) inTx(do func(*exchange) error) error {
	if x.tx != nil {
		return do(x)
	}
	return x.s.db.Tx(x.r.Context(), func(ctx context.Context, tx *store.Tx) error {
		inner := *x
		inner.r, inner.tx, inner.values = x.r.WithContext(ctx), tx, nil
		return do(&inner)
	})
}
