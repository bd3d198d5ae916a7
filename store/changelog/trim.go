package changelog

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
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

	// MaxBytes is the largest total size of the images of all changes, also of those of
	// Tables; negative sets no limit. The files of the database may not shrink, but both
	// engines reuse the space.
	//
	// Defaults to 4 GiB.
	MaxBytes int64

	// Tables are limits of tables by name, in place of MaxAge and MaxRows. Their changes
	// do not count towards MaxRows. They suit a long history, and a table that changes
	// much. A trim then reads the whole log.
	//
	// Defaults to none.
	Tables map[string]TableRetention
}

// TableRetention limits the changes of one table.
type TableRetention struct {
	// MaxAge is the largest age of a change; negative sets no limit.
	//
	// Defaults to Retention.MaxAge.
	MaxAge time.Duration

	// MaxRows is the largest number of changes of the table; zero and negative set no limit.
	MaxRows int64
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
	t, err := newTrim(ctx, db, opts)
	var total int64
	for more := true; more && err == nil; {
		var n int64
		n, more, err = t.chunk(ctx, db)
		total += n
	}
	if err != nil {
		return total, fmt.Errorf("store: trim the change log: %w", err)
	}
	db.Notifier.TrimmedAt.Store(time.Now().UnixNano())
	return total, nil
}

// bound says which rows go: those written before a time and those up to a number. The zero
// values match none.
type bound struct {
	before time.Time
	upTo   int64
}

// trim walks through the log from its oldest row on.
type trim struct {
	bound           // of tables without limits of their own
	bytes  int64    // all rows up to this number go
	own    string   // the bounds of other tables, as a JSON array
	tables []string // that have own
	after  int64    // the rows up to this number are done
}

// newTrim finds the rows at the limits of a retention.
func newTrim(ctx context.Context, db *core.DB, opts Retention) (*trim, error) {
	t := &trim{tables: slices.Sorted(maps.Keys(opts.Tables))}
	names, err := json.Marshal(append([]string{}, t.tables...))
	if err != nil {
		return nil, err
	}
	since := func(age time.Duration) (before time.Time) {
		if age > 0 {
			before = value.StoredTime(db.Options.Now().Add(-age))
		}
		return before
	}
	t.before = since(opts.MaxAge)
	rows, args := newestRows, []any{}
	if len(t.tables) > 0 {
		rows, args = newestOthers[db.Engine.Postgres()], append(args, string(names))
	}
	if t.upTo, err = boundary(ctx, db, rows, cmp.Or(opts.MaxRows, 1_000_000), args...); err != nil {
		return nil, err
	}
	if t.bytes, err = boundary(ctx, db, newestBytes, cmp.Or(opts.MaxBytes, 4<<30)); err != nil {
		return nil, err
	}
	own := []map[string]any{}
	for _, name := range t.tables {
		limits, upTo := opts.Tables[name], int64(0)
		if limits.MaxRows > 0 {
			if upTo, err = boundary(ctx, db, newestOf, limits.MaxRows, name); err != nil {
				return nil, err
			}
		}
		before := since(cmp.Or(limits.MaxAge, opts.MaxAge)).Format("2006-01-02T15:04:05.000000-07:00") // as SQLite has it
		own = append(own, map[string]any{"tbl": name, "before": before, "upto": upTo})
	}
	text, err := json.Marshal(own)
	t.own = string(text)
	return t, err
}

// boundary returns the number that a statement finds, 0 for none or without a limit.
func boundary(ctx context.Context, db *core.DB, text string, most int64, args ...any) (seq int64, err error) {
	if most < 0 {
		return 0, nil
	}
	err = core.SessionOf(db).Tuples(ctx, &driver.Statement{
		Table: "plinth_changes",
		SQL:   db.Placeholders(text),
		Args:  append([]any{most}, args...),
		Shape: &driver.Shape{Extra: []driver.Kind{driver.KindInt}, EachExtra: true},
	}, func(values [][]byte) error {
		seq, err = strconv.ParseInt(string(values[0]), 10, 64)
		return err
	})
	return seq, err
}

const (
	// The newest change that exceeds a number of rows or bytes. The window reads from the
	// new end and stops there.
	newestRows  = `select seq from plinth_changes order by seq desc limit 1 offset $1`
	newestOf    = `select seq from plinth_changes where tbl = $2 order by seq desc limit 1 offset $1`
	newestBytes = `select seq from (select seq, sum(size) over (order by seq desc rows unbounded preceding) as total from plinth_changes) s` +
		` where total > $1 order by seq desc limit 1`

	// The oldest rows are found by the primary key; the log has no index by time.
	someChanges = `with examined as (select c.seq, c.tbl, c.seq <= $6 or c.at < coalesce(o.before, $3) or c.seq <= coalesce(o.upto, $4) as goes` +
		` from (select * from plinth_changes where seq > $1 order by seq limit $2) c left join `

	postgresSome = someChanges + `jsonb_to_recordset($5::text::jsonb) as o (tbl text, before timestamptz, upto bigint) on o.tbl = c.tbl)`
	sqliteSome   = someChanges + `(select value->>'tbl' as tbl, value->>'before' as before, value->>'upto' as upto from json_each($5)) o on o.tbl = c.tbl)`

	// The first row of the answer is about the rows that were examined, the others about
	// what went of each table.
	postgresTrim = postgresSome + `, gone as (delete from plinth_changes where seq in (select seq from examined where goes)` +
		` and xid < pg_snapshot_xmin(pg_current_snapshot()) returning seq, xid, tbl)` +
		` select '', count(*), coalesce(max(seq), 0), '0' from examined` +
		` union all select tbl, count(*), max(seq), max(xid::text::numeric)::text from gone group by tbl`

	sqliteTrimmed = sqliteSome + ` select '', count(*), coalesce(max(seq), 0), '0' from examined` +
		` union all select tbl, count(*), max(seq), '0' from examined where goes group by tbl`
	sqliteTrim = sqliteSome + ` delete from plinth_changes where seq in (select seq from examined where goes)`
)

// newestOthers is newestRows without some tables, by whether the engine is PostgreSQL.
var newestOthers = map[bool]string{
	true:  `select seq from plinth_changes where tbl not in (select jsonb_array_elements_text($2::text::jsonb)) order by seq desc limit 1 offset $1`,
	false: `select seq from plinth_changes where tbl not in (select value from json_each($2)) order by seq desc limit 1 offset $1`,
}

// chunk removes some rows and notes which, in one transaction: a reader sees
// both or neither. more reports that there may be others.
func (t *trim) chunk(ctx context.Context, db *core.DB) (n int64, more bool, err error) {
	args := []any{t.after, int64(trimRows), t.before, t.upTo, t.own, t.bytes}
	var seen mark
	err = db.TxFor(ctx, query.ScopeFrom(ctx), core.TxOptions{Isolation: sql.LevelReadCommitted}, core.TxFunc(func(ctx context.Context, tx *core.Tx) error {
		n, more = 0, false
		text := postgresTrim
		if db.Engine.Postgres() {
			if ok, err := tx.TryLock(ctx, "trim"); !ok {
				return err
			}
		} else {
			text = db.Placeholders(sqliteTrimmed)
		}
		examined, gone, err := trimmed(ctx, tx, text, args)
		if err != nil {
			return err
		}
		for _, g := range gone {
			n += g.rows
		}
		seen = examined.mark
		more = examined.rows == trimRows && (n == trimRows || len(t.tables) > 0)
		if n == 0 {
			return nil
		}
		if !db.Engine.Postgres() {
			if err := core.SessionOf(tx).Run(ctx, sqliteTrim, args...); err != nil {
				return err
			}
		}
		return t.notePurged(ctx, tx, gone)
	}))
	t.after = seen.Seq
	return n, more, err
}

// trimmedRows is how many rows of a table are trimmed, and the highest of them.
type trimmedRows struct {
	mark
	rows int64
}

// trimmed runs a statement that returns what it has examined, and what it has trimmed of each
// table.
func trimmed(ctx context.Context, tx *core.Tx, text string, args []any) (examined trimmedRows, gone map[string]trimmedRows, err error) {
	gone = map[string]trimmedRows{}
	err = core.SessionOf(tx).Tuples(ctx, &driver.Statement{
		Table: "plinth_changes", Op: "delete", SQL: text, Args: args, Write: tx.DB.Engine.Postgres(),
		Shape: &driver.Shape{Extra: []driver.Kind{driver.KindText, driver.KindInt, driver.KindInt, driver.KindText}, EachExtra: true},
	}, func(values [][]byte) error {
		var t trimmedRows
		var errs [4]error
		table, err := value.UnquoteJSON(values[0])
		t.rows, errs[0] = strconv.ParseInt(string(values[1]), 10, 64)
		t.Seq, errs[1] = strconv.ParseInt(string(values[2]), 10, 64)
		xid, errXID := value.UnquoteJSON(values[3])
		t.XID, errs[2] = strconv.ParseUint(xid, 10, 64)
		errs[3] = errXID
		if table == "" {
			examined = t
		} else {
			gone[table] = t
		}
		return errors.Join(append(errs[:], err)...)
	})
	return examined, gone, err
}

// notePurged raises the marks of what is trimmed.
func (t *trim) notePurged(ctx context.Context, tx *core.Tx, gone map[string]trimmedRows) error {
	var p purged
	err := core.SessionOf(tx).Tuples(ctx, &driver.Statement{
		Table: "plinth_settings",
		SQL:   "select value from plinth_settings where name = 'purged'",
		Shape: &driver.Shape{Extra: []driver.Kind{driver.KindJSON}, EachExtra: true},
	}, func(values [][]byte) error { return json.Unmarshal(values[0], &p) })
	if err != nil {
		return err
	}
	if p.Tables == nil && len(t.tables) > 0 {
		p.Tables = map[string]mark{others: p.mark}
	}
	p.Trims++
	for table, g := range gone {
		p.mark = p.with(g.mark)
		if p.Tables == nil {
			continue
		}
		if !slices.Contains(t.tables, table) {
			table = others
		}
		p.Tables[table] = p.Tables[table].with(g.mark)
	}
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("store: purged: %w", err)
	}
	return core.SessionOf(tx).SetSetting(ctx, "purged", string(text))
}
