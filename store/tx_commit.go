package store

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// OnCommit runs fn once the transaction has committed: to send a mail, to fill a
// cache, to wake a worker. The functions run in the order they were given, before
// [DB.Tx] returns and on its goroutine. Those given inside a savepoint wait for
// the outermost transaction, and are dropped with a savepoint that is rolled
// back. After a rollback none runs; where the function of the transaction is run
// again, those of the attempt before are forgotten. A hook reaches it by
// [Write.Tx].
//
// The context of fn has the values of the one the transaction was begun with. It
// is not cancelled with it and is outside of the transaction: fn may use the DB.
// What fn does cannot undo the commit: a panic is logged, and the next function
// runs. A slow fn keeps the caller waiting; start a goroutine for what takes long.
//
// fn runs at most once. A process that dies between the commit and fn has not run
// it, and neither has one that lost the connection while it committed. What must
// not be lost belongs into a table, or into a reader of the change log; see
// [DB.Changes].
//
// OnCommit panics if fn is nil or the transaction is over.
func (tx *Tx) OnCommit(fn func(ctx context.Context)) {
	switch {
	case fn == nil:
		panic("store: OnCommit without a function")
	case tx.done:
		panic("store: OnCommit of a transaction that is over")
	}
	tx.commit = append(tx.commit, fn)
}

// committed runs the functions given to [Tx.OnCommit].
func (tx *Tx) committed(ctx context.Context) {
	if len(tx.commit) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	for _, fn := range tx.commit {
		tx.db.runCommitted(ctx, fn)
	}
}

func (db *DB) runCommitted(ctx context.Context, fn func(ctx context.Context)) {
	defer func() {
		if p := recover(); p != nil {
			db.options.Logger.ErrorContext(ctx, "store: a function of OnCommit panicked",
				slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
		}
	}()
	fn(ctx)
}
