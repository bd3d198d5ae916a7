package changelog

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// restoredLog detects a log that was dumped on another server and restored here: it has
// or had rows of transactions that this server has not begun yet.
const restoredLog = `select not pg_is_in_recovery() and (` +
	`coalesce((select xid from plinth_changes order by xid desc, seq desc limit 1) >= pg_snapshot_xmax(pg_current_snapshot()), false)` +
	` or exists(select 1 from plinth_settings where name = 'purged'` +
	` and (value::jsonb->>'xid')::xid8 >= pg_snapshot_xmax(pg_current_snapshot())))`

// checkEpoch starts a new epoch if the database was restored, so that every reader
// starts over. Otherwise readers would deliver old rows as new ones until the
// transaction counter of the server catches up. SQLite has no such counter, so a copied
// file needs no new epoch.
func checkEpoch(ctx context.Context, db *core.DB) error {
	if !db.Engine.Postgres() {
		return nil
	}
	restored, err := isRestored(ctx, core.SessionOf(db))
	if err != nil || !restored {
		return err
	}
	return db.TxFor(ctx, query.ScopeFrom(ctx), core.TxOptions{Isolation: sql.LevelReadCommitted}, core.TxFunc(func(ctx context.Context, tx *core.Tx) error {
		s := core.SessionOf(tx)
		if _, err := s.Exec(ctx, &driver.Statement{SQL: "select pg_advisory_xact_lock($1)", Args: []any{core.LockKey("epoch")}}); err != nil {
			return err
		}
		restored, err := isRestored(ctx, s)
		if err != nil || !restored {
			return err // others were faster
		}
		db.Options.Logger.WarnContext(ctx, "store: the change log was restored from another server; its readers start over")
		return errors.Join(
			// All rows, not only those that are ahead: another may have the
			// number of a transaction that is under way here.
			s.Run(ctx, "update plinth_changes set xid = pg_current_xact_id()"),
			s.Run(ctx, "delete from plinth_settings where name = 'purged'"),
			s.SetSetting(ctx, "epoch", rand.Text()),
		)
	}))
}

// isRestored reports whether the log is another server's.
func isRestored(ctx context.Context, s core.Session) (bool, error) {
	restored, err := s.Truth(ctx, restoredLog)
	if err != nil {
		return false, fmt.Errorf("store: change log: %w", err)
	}
	return restored, nil
}
