package store

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// OnCommit runs fn after the transaction has committed, for example to send a mail,
// fill a cache or wake a worker. Functions run in the order of registration, before
// [DB.Tx] returns and on its goroutine. Functions registered inside a savepoint run
// after the outermost transaction; rolling the savepoint back drops them. A rollback or
// a retry drops all functions of that attempt. In a hook use [Write.Tx].
//
// The context of fn has the values of the context that the transaction was begun with.
// It is not canceled with that context and not part of the transaction, so fn may use
// the DB. fn cannot undo the commit: a panic is logged, and the next function runs. A
// slow fn delays the caller of Tx; start a goroutine for long work.
//
// fn runs at most once. It is lost if the process dies or the connection breaks during
// the commit. Use a table or a reader of the change log for work that must not be lost;
// see [DB.Changes].
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
