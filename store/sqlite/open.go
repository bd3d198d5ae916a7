package sqlite

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store"
)

// Open opens the database in a file. A missing file is created, readable by its owner
// only. The file must be on a local disk, because the write-ahead log uses shared
// memory.
//
// The path ":memory:" is a database in memory, new with every Open and deleted by
// Close. It has no write-ahead log: while a transaction writes, reads wait for its end,
// up to Options.BusyTimeout, and a commit waits for the reads. Use a file to test
// concurrent code.
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
