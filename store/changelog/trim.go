package changelog

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Retention limits the size of the change log. A reader that falls behind the
// limit must start over, see [ErrResync]. Keep at least some minutes, because an idle
// reader stores its position only once a minute.
type Retention struct {
	// MaxAge is the largest age of a change; negative sets no limit.
	//
	// Defaults to seven days.
	MaxAge time.Duration

	// MaxRows is the largest number of changes; negative sets no limit.
	//
	// Defaults to 1,000,000.
	MaxRows int64

	// MaxBytes is the largest total size of the images of all changes; negative sets no
	// limit. The files of the database may not shrink, but both engines reuse the
	// space.
	//
	// Defaults to 4 GiB.
	MaxBytes int64
}

// trimRows is how many rows one transaction of a trim examines, from the oldest on. On
// SQLite it blocks all other writers.
const trimRows = 5000

// Trim removes the changes beyond the retention from the change log and returns
// their number. The zero options are the defaults. Call it every ten minutes or so, for example
// by a schedule of package store/jobs; an application does. Without it the log grows without
// limit.
//
// Any number of processes may trim at once; all but one do nothing. On PostgreSQL a
// change stays while a transaction is open that began before it. Its disk space could
// not be reused until then, and a reader that keeps up cannot lose changes.
func Trim(ctx context.Context, outer *store.DB, opts Retention) (int64, error) {
	db := core.SessionOf(outer).DB
	opts.MaxAge = cmp.Or(opts.MaxAge, 7*24*time.Hour)
	opts.MaxRows = cmp.Or(opts.MaxRows, 1_000_000)
	opts.MaxBytes = cmp.Or(opts.MaxBytes, 4<<30)
	t := trim{}
	if opts.MaxAge > 0 {
		t.before = value.StoredTime(db.Options.Now().Add(-opts.MaxAge))
	}
	for _, bound := range []struct {
		text string
		most int64
	}{{newestRows, opts.MaxRows}, {newestBytes, opts.MaxBytes}} {
		if bound.most < 0 {
			continue
		}
		err := core.SessionOf(db).Tuples(ctx, &driver.Statement{
			Table: "plinth_changes",
			SQL:   db.Placeholders(bound.text),
			Args:  []any{bound.most},
			Shape: &driver.Shape{Extra: []driver.Kind{driver.KindInt}, EachExtra: true},
		}, func(values [][]byte) error {
			seq, err := strconv.ParseInt(string(values[0]), 10, 64)
			t.upTo = max(t.upTo, seq)
			return err
		})
		if err != nil {
			return 0, fmt.Errorf("store: trim the change log: %w", err)
		}
	}
	var total int64
	for {
		n, err := trimChunk(ctx, db, t)
		total += n
		if err != nil {
			return total, fmt.Errorf("store: trim the change log: %w", err)
		}
		if n < trimRows {
			db.Notifier.TrimmedAt.Store(time.Now().UnixNano())
			return total, nil
		}
	}
}

// trim says which rows go: those written before a time and those up to a number.
// The zero values match none.
type trim struct {
	before time.Time
	upTo   int64
}

const (
	// The newest change that exceeds a number of rows or bytes. The window reads from the
	// new end and stops there.
	newestRows  = `select seq from plinth_changes order by seq desc limit 1 offset $1`
	newestBytes = `select seq from (select seq, sum(size) over (order by seq desc rows unbounded preceding) as total from plinth_changes) s` +
		` where total > $1 order by seq desc limit 1`

	// oldest is found by the primary key; the log has no index by time.
	oldestChanges = `select seq from (select * from plinth_changes order by seq limit $3) o where (at < $1 or seq <= $2)`

	postgresTrim = `with gone as (delete from plinth_changes where seq in (` + oldestChanges +
		` and xid < pg_snapshot_xmin(pg_current_snapshot())) returning seq, xid)` +
		` select count(*), coalesce(max(seq), 0), coalesce((select xid::text from gone order by xid desc limit 1), '0') from gone`

	sqliteTrimmed = `select count(*), coalesce(max(seq), 0), '0' from (` + oldestChanges + `)`
	sqliteTrim    = `delete from plinth_changes where seq in (` + oldestChanges + `)`
)

// trimChunk removes some rows and notes which, in one transaction: a reader sees
// both or neither.
func trimChunk(ctx context.Context, db *core.DB, t trim) (n int64, err error) {
	args := []any{t.before, t.upTo, int64(trimRows)}
	err = db.TxFor(ctx, query.ScopeFrom(ctx), core.TxOptions{Isolation: sql.LevelReadCommitted}, core.TxFunc(func(ctx context.Context, tx *core.Tx) error {
		text := postgresTrim
		if db.Engine.Postgres() {
			if ok, err := tx.TryLock(ctx, "trim"); !ok {
				n = 0
				return err
			}
		} else {
			text = db.Placeholders(sqliteTrimmed)
		}
		var gone purged
		if n, gone, err = trimmed(ctx, tx, text, args); err != nil || n == 0 {
			return err
		}
		if !db.Engine.Postgres() {
			if err := core.SessionOf(tx).Run(ctx, sqliteTrim, args...); err != nil {
				return err
			}
		}
		return notePurged(ctx, tx, gone)
	}))
	return n, err
}

// trimmed runs a statement that returns the number of trimmed rows and the highest of
// them.
func trimmed(ctx context.Context, tx *core.Tx, text string, args []any) (n int64, gone purged, err error) {
	err = core.SessionOf(tx).Tuples(ctx, &driver.Statement{
		Table: "plinth_changes", Op: "delete", SQL: text, Args: args, Write: tx.DB.Engine.Postgres(),
		Shape: &driver.Shape{Extra: []driver.Kind{driver.KindInt, driver.KindInt, driver.KindText}, EachExtra: true},
	}, func(values [][]byte) error {
		var xid string
		if n, err = strconv.ParseInt(string(values[0]), 10, 64); err == nil {
			gone.Seq, err = strconv.ParseInt(string(values[1]), 10, 64)
		}
		if err == nil {
			xid, err = value.UnquoteJSON(values[2])
		}
		if err == nil {
			gone.XID, err = strconv.ParseUint(xid, 10, 64)
		}
		return err
	})
	return n, gone, err
}

// notePurged raises the mark of what is trimmed.
func notePurged(ctx context.Context, tx *core.Tx, gone purged) error {
	err := core.SessionOf(tx).Tuples(ctx, &driver.Statement{
		Table: "plinth_settings",
		SQL:   "select value from plinth_settings where name = 'purged'",
		Shape: &driver.Shape{Extra: []driver.Kind{driver.KindJSON}, EachExtra: true},
	}, func(values [][]byte) error {
		var before purged
		err := json.Unmarshal(values[0], &before)
		gone = purged{Seq: max(gone.Seq, before.Seq), XID: max(gone.XID, before.XID)}
		return err
	})
	if err != nil {
		return err
	}
	text, err := json.Marshal(gone)
	if err != nil {
		return fmt.Errorf("store: purged: %w", err)
	}
	return core.SessionOf(tx).SetSetting(ctx, "purged", string(text))
}
