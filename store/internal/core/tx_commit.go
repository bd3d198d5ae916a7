package core

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// OnCommit registers a function to run after the commit.
func (tx *Tx) OnCommit(fn func(ctx context.Context)) {
	switch {
	case fn == nil:
		panic("store: OnCommit without a function")
	case tx.done:
		panic("store: OnCommit of a transaction that is over")
	}
	tx.commit = append(tx.commit, fn)
}

// committed runs the functions that wait for the commit.
func (tx *Tx) committed(ctx context.Context) {
	if len(tx.commit) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	for _, fn := range tx.commit {
		tx.DB.runCommitted(ctx, fn)
	}
}

func (db *DB) runCommitted(ctx context.Context, fn func(ctx context.Context)) {
	defer func() {
		if p := recover(); p != nil {
			db.Options.Logger.ErrorContext(ctx, "store: a function of OnCommit panicked",
				slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
		}
	}()
	fn(ctx)
}
