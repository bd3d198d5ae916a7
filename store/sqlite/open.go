package sqlite

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store"
)

// Open opens the database in a file, which it creates, readable by its owner
// only, if it does not exist. The file must be on a local disk: the log beside
// it is shared memory.
//
// The path ":memory:" is a database in memory, new with every Open and gone
// with Close. It knows no log: while a transaction writes, reads wait until it
// has ended, up to Options.BusyTimeout, and a commit waits for the reads. Tests
// of anything concurrent should use a file.
//
// Nil options are the defaults. The context is for opening only.
func Open(ctx context.Context, path string, opts *Options) (*store.DB, error) {
	d, err := openDatabase(ctx, path, opts)
	if err != nil {
		return nil, err
	}
	var o store.Options
	if opts != nil {
		o = opts.Store
	}
	return store.New(d, o), nil
}
