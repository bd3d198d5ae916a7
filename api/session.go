package api

import (
	"context"
	"database/sql"

	"github.com/seed-7694ebf6/plinth/store"
)

// readTx is the kind of transaction for functions that only read: it sees one
// state of the database and never has to be run again.
var readTx = store.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}

// inTx runs do in a transaction: that of x if it has one, else a new one, which commits
// if do returns no error. After a serialization conflict a new transaction is retried,
// and do runs again.
func (x *exchange) inTx(opts store.TxOptions, do func(*exchange) error) error {
	switch {
	case x.tx != nil && opts.ReadOnly:
		return x.tx.ReadOnly(func() error { return do(x) })
	case x.tx != nil:
		return do(x)
	}
	return x.s.db.TxWith(x.context(), opts, func(ctx context.Context, tx *store.Tx) error {
		inner := *x
		inner.r, inner.tx = x.r.WithContext(ctx), tx
		return do(&inner)
	})
}
