package changelog

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
)

// Cursor is a position in the change log that a client keeps. It is an opaque text of
// letters, digits, "-" and "_", authenticated by a key of the database. The zero Cursor is the
// end of the log.
type Cursor string

// Page is what follows a cursor.
type Page struct {
	Changes []Change

	// Next is the cursor behind the changes, also if there are none.
	Next Cursor

	// More reports that further changes may follow at once.
	More bool
}

// ReadOptions tunes [Read] and [Follow].
type ReadOptions struct {
	// Tables are the names of the tables to read changes of.
	//
	// Defaults to all tables.
	Tables []string

	// Limit is the largest number of changes of a page. A page of very large rows has
	// fewer.
	//
	// Defaults to 500.
	Limit int

	// Poll is the polling interval of [Follow], see Options.Poll.
	//
	// Defaults to one second.
	Poll time.Duration
}

// Read returns the changes after a cursor, in the order of [Reader]. For the zero Cursor it
// returns none, and the cursor of now. Every change is on one page, also those of
// transactions that commit late.
//
// The error is [ErrResync] if changes are lost for the cursor, see Options.OnResync. A text
// that is no cursor of this database is a [fault.QueryError].
func Read(ctx context.Context, db *store.DB, after Cursor, opts *ReadOptions) (Page, error) {
	if err := checkEpoch(ctx, core.SessionOf(db).DB); err != nil {
		return Page{}, err
	}
	return readPage(ctx, db, after, opts)
}

// ReadIn is [Read] in a transaction: of what it sees of the log. In a transaction with
// isolation RepeatableRead a later page begins where what the transaction reads ends.
func ReadIn(ctx context.Context, tx *store.Tx, after Cursor, opts *ReadOptions) (page Page, err error) {
	var o ReadOptions
	if opts != nil {
		o = *opts
	}
	s := core.SessionOf(tx)
	key, err := s.CursorKey(ctx)
	if err != nil {
		return page, err
	}
	limit := 0
	var at *position
	if after != "" {
		limit = cmp.Or(max(o.Limit, 0), 500)
		raw, ok := key.Open("changes", string(after))
		if !ok {
			return page, errBadCursor
		}
		p, err := parsePosition(string(raw))
		if err != nil {
			return page, errBadCursor
		}
		at = &p
	}
	head, batch, full, err := readChanges(ctx, s.Tx, at, o.Tables, limit)
	switch {
	case err != nil:
		return page, err
	case head.Standby:
		return page, ErrStandby
	}
	next := head.position()
	if at != nil {
		if reason := head.lost(*at, o.Tables); reason != "" {
			return page, fmt.Errorf("%w: %s", ErrResync, reason)
		}
		next, page.More = at.after(head, batch, full)
	}
	page.Changes = batch
	text, err := json.Marshal(next)
	if err != nil {
		return page, fmt.Errorf("store: position of a reader: %w", err)
	}
	page.Next = Cursor(key.Seal("changes", text))
	return page, nil
}

func readPage(ctx context.Context, db *store.DB, after Cursor, opts *ReadOptions) (page Page, err error) {
	err = db.TxWith(ctx, store.TxOptions{Isolation: sql.LevelReadCommitted, ReadOnly: true}, func(ctx context.Context, tx *store.Tx) error {
		page, err = ReadIn(ctx, tx, after, opts)
		return err
	})
	return page, err
}

var errBadCursor = &fault.QueryError{Kind: fault.QueryBadCursor, Reason: "the cursor is not one of this change log"}

// Follow calls fn with the pages after a cursor as changes are committed, until ctx ends or
// fn fails. The first page may be empty, and one after a page with More. Transient errors are
// retried as [Reader.Run] does, also those of fn, which then gets the page again. Follow
// returns nil at the end of ctx.
func Follow(ctx context.Context, db *store.DB, after Cursor, opts *ReadOptions, fn func(ctx context.Context, page Page) error) error {
	inner := core.SessionOf(db).DB
	poll := time.Second
	if opts != nil && opts.Poll > 0 {
		poll = opts.Poll
	}
	expected := true
	return inLoop(ctx, inner, "follow", poll, func() (more bool, err error) {
		page, err := readPage(ctx, db, after, opts)
		if err != nil {
			return false, err
		}
		if expected || len(page.Changes) > 0 {
			if err := fn(ctx, page); err != nil {
				return false, err
			}
		}
		expected, after = page.More, page.Next
		return page.More, nil
	})
}

// isTransient reports that a reader tries again after an error.
func isTransient(err error) bool {
	return errors.Is(err, fault.ErrUnavailable) || errors.Is(err, fault.ErrTimeout) || errors.Is(err, fault.ErrConflict)
}
