package changelog

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// refreshPosition is how old the stored position of a reader may become that
// finds nothing. A position that never moves would seem to need what is trimmed.
const refreshPosition = time.Minute

// step delivers one batch and advances the reader, in one transaction. more reports
// that another step may find changes at once.
//
// The transaction is READ COMMITTED on PostgreSQL, so each statement sees the commits
// before it. The position is read after the lock is taken, so it is the position of the
// last holder. One statement reads the batch and its snapshot, so they are consistent.
func (c *Reader) step(ctx context.Context, fn Func) (n int, more bool, err error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return 0, false, ctx.Err()
	}
	var next position
	opts := store.TxOptions{Isolation: sql.LevelReadCommitted, ReadOnly: c.name == ""}
	err = c.db.TxWith(ctx, opts, func(ctx context.Context, tx *store.Tx) error {
		next, n, more, err = c.deliver(ctx, tx, fn)
		return err
	})
	if err != nil {
		return 0, false, err
	}
	if c.name == "" {
		c.own = &next
	}
	return n, more, nil
}

// deliver is step inside its transaction.
func (c *Reader) deliver(ctx context.Context, tx *store.Tx, fn Func) (next position, n int, more bool, err error) {
	at, err := c.load(ctx, tx)
	if err != nil {
		return next, 0, false, err
	}
	limit := c.opts.BatchSize
	if at == nil && c.opts.Start == FromNow {
		limit = 0 // only the place is wanted
	}
	head, batch, full, err := readChanges(ctx, core.SessionOf(tx).Tx, at, c.opts.Tables, limit)
	switch {
	case err != nil:
		return next, 0, false, err
	case head.Standby:
		return next, 0, false, ErrStandby
	case limit == 0:
		next = head.position()
		return next, 0, false, c.save(ctx, tx, next)
	case at == nil:
		at = &position{Epoch: head.Epoch, Timeline: head.Timeline, Trims: head.Purged.Trims}
		if head.Now != "" {
			at.From = beginning
		}
	}
	if at.Timeline != head.Timeline && c.name != "" && c.opts.OnResync == nil {
		at.Timeline = head.Timeline // see Options.OnResync
	}
	if reason := head.lost(*at, c.opts.Tables); reason != "" {
		next, err = c.resync(ctx, tx, head, reason)
		return next, 0, true, err
	}
	next, more = at.after(head, batch, full)
	if len(batch) > 0 {
		if err := fn(ctx, tx, batch); err != nil {
			return next, 0, false, err
		}
	}
	if len(batch) > 0 || at.To != "" || next != *at && time.Since(c.saved) > refreshPosition {
		err = c.save(ctx, tx, next)
	}
	return next, len(batch), more, err
}

// resync calls OnResync and continues from now.
func (c *Reader) resync(ctx context.Context, tx *store.Tx, head *logHead, reason string) (position, error) {
	next := head.position()
	if c.opts.OnResync == nil {
		return next, fmt.Errorf("%w: reader %q: %s", ErrResync, c.name, reason)
	}
	core.SessionOf(c.db).DB.Options.Logger.WarnContext(ctx, "store: reader of the change log starts over",
		slog.String("reader", c.name), slog.String("reason", reason))
	if err := c.opts.OnResync(ctx, tx); err != nil {
		return next, err
	}
	return next, c.save(ctx, tx, next)
}

// load returns the reader's position, nil if it has none yet, and keeps others
// from reading under its name until the transaction ends. On SQLite the
// transaction itself does.
func (c *Reader) load(ctx context.Context, tx *store.Tx) (*position, error) {
	if c.name == "" {
		return c.own, nil
	}
	if core.SessionOf(tx).DB.Engine.Postgres() {
		// An advisory lock, because a row lock would give the transaction a
		// number. Then the snapshot of the batch would count our own writes
		// as seen, and this reader would miss what fn writes.
		ok, err := core.SessionOf(tx).Tx.TryLock(ctx, "reader "+c.name)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("%w: %q", ErrReaderBusy, c.name)
		}
	}
	var found *position
	err := core.SessionOf(tx).Tuples(ctx, &driver.Statement{
		Table: "plinth_cursors",
		SQL:   core.SessionOf(tx).DB.Placeholders("select position from plinth_cursors where name = $1"),
		Args:  []any{c.name},
		Shape: &driver.Shape{Extra: []driver.Kind{driver.KindText}, EachExtra: true},
	}, func(values [][]byte) error {
		text, err := value.UnquoteJSON(values[0])
		if err != nil {
			return err
		}
		p, err := parsePosition(text)
		found = &p
		return err
	})
	return found, err
}

// save writes the reader's position.
func (c *Reader) save(ctx context.Context, tx *store.Tx, p position) error {
	if c.name == "" {
		return nil
	}
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("store: position of a reader: %w", err)
	}
	err = core.SessionOf(tx).Run(ctx, "insert into plinth_cursors (name, position, updated_at) values ($1, $2, $3)"+
		" on conflict (name) do update set position = excluded.position, updated_at = excluded.updated_at",
		c.name, string(text), value.StoredTime(time.Now()))
	if err == nil {
		c.saved = time.Now()
	}
	return err
}
