package changelog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// maxBatchBytes bounds the text of one batch, except for its last row.
const maxBatchBytes = 16 << 20

// The members of a document that is the state of the log (see [logHead]).
const (
	postgresState = `'now', pg_current_snapshot()::text, 'standby', pg_is_in_recovery(),` +
		` 'timeline', case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_lsn()), 8) end,` +
		` 'epoch', (select value from plinth_settings where name = 'epoch'),` +
		` 'purged', (select value::jsonb from plinth_settings where name = 'purged')`

	sqliteState = `'last', coalesce((select seq from sqlite_sequence where name = 'plinth_changes'), 0),` +
		` 'epoch', (select value from plinth_settings where name = 'epoch'),` +
		` 'purged', json((select value from plinth_settings where name = 'purged'))`
)

// The first row of a batch has number 0 and holds the state of the log as a document
// (see [logHead]). The changes follow. One statement reads both, so they come from one
// snapshot.
const (
	postgresHead = `select 0::bigint as seq, null::timestamptz as at, null::text as tbl, null::text as op,` +
		` jsonb_build_object(` + postgresState + `) as key,` +
		` null::jsonb as old, null::jsonb as new, null::text as actor, null::text as tenant, null::text as request, null::text as address union all (`

	logRow = `c.seq, c.at, c.tbl, c.op, c.key, c.old, c.new, c.actor, c.tenant, c.request, c.address`

	// Changes that are visible now and were not visible in the snapshot $1, because
	// their transaction had not begun or was in progress. Both halves order by the
	// index or look up single numbers, so the planner uses the index regardless of its
	// statistics. If more than $2 rows match, these are not the first ones by seq.
	postgresFew = `select * from (` +
		`(select ` + logRow + ` from plinth_changes c where c.xid >= pg_snapshot_xmax($1::text::pg_snapshot)` + ofTables + ` order by c.xid, c.seq limit $2)` +
		` union all select l.* from pg_snapshot_xip($1::text::pg_snapshot) x cross join lateral` +
		` (select ` + logRow + ` from plinth_changes c where c.xid = x` + ofTables + ` order by c.seq limit $2) l) few order by seq limit $2) order by 1`

	// The same, for the first page of many rows. The sum keeps the planner from
	// walking through the whole log by its primary key.
	postgresMany = `select ` + logRow + ` from plinth_changes c` +
		` where (c.xid >= pg_snapshot_xmax($1::text::pg_snapshot) or c.xid = any(array(select pg_snapshot_xip($1::text::pg_snapshot))))` + ofTables
	postgresFirst = postgresMany + ` order by c.seq + 0 limit $2) order by 1`

	// And for the pages that follow, up to the snapshot of the first one.
	postgresNext = postgresMany +
		` and pg_visible_in_snapshot(c.xid, $4::text::pg_snapshot) and c.seq > $5 order by c.seq limit $2) order by 1`

	// ofTables leaves out what a reader does not want. Null wants all.
	ofTables = ` and ($3::text[] is null or c.tbl = any($3::text[]))`

	sqliteBatch = `select 0 as seq, null as at, null as tbl, null as op, json_object(` + sqliteState + `) as key,` +
		` null as old, null as new, null as actor, null as tenant, null as request, null as address` +
		` union all select * from (select seq, at, tbl, op, key, old, new, actor, tenant, request, address from plinth_changes` +
		` where seq > ?1 and (?3 is null or tbl in (select value from json_each(?3))) order by seq limit ?2) order by 1`
)

// changeKinds are the kinds of the columns of a batch.
var changeKinds = []driver.Kind{driver.KindInt, driver.KindTimestamp, driver.KindText, driver.KindText, driver.KindJSON, driver.KindJSON, driver.KindJSON, driver.KindText, driver.KindText, driver.KindText, driver.KindText}

// readChanges reads the state of the log and what follows a position, nil for the
// beginning, of some tables, nil for all. full reports that the batch is full: it has
// limit rows, or fewer large ones.
func readChanges(ctx context.Context, tx *core.Tx, at *position, tables []string, limit int) (head *logHead, batch []Change, full bool, err error) {
	if at == nil {
		at = &position{From: beginning}
	}
	if tx.DB.Engine.Postgres() && at.To == "" && limit > 0 {
		st := &driver.Statement{Table: "plinth_changes", SQL: postgresHead + postgresFew, Args: []any{at.From, int64(limit) + 1, tables}}
		head, batch, err = scanChanges(ctx, tx, st, limit)
		if err == nil && len(batch) <= limit || err != nil && !errors.Is(err, fault.ErrTooLarge) {
			return head, batch, false, err
		}
	}
	st, err := pageStatement(tx.DB, at, tables, limit)
	if err != nil {
		return nil, nil, false, err
	}
	head, batch, err = scanChanges(ctx, tx, st, limit)
	if errors.Is(err, fault.ErrTooLarge) && len(batch) > 0 {
		return head, batch, true, nil // these are the first
	}
	return head, batch, len(batch) == limit, err
}

// pageStatement reads the next rows by seq.
func pageStatement(db *core.DB, at *position, tables []string, limit int) (*driver.Statement, error) {
	switch {
	case !db.Engine.Postgres():
		var names any
		if len(tables) > 0 {
			text, err := json.Marshal(tables)
			if err != nil {
				return nil, fmt.Errorf("store: tables of a reader: %w", err)
			}
			names = string(text)
		}
		return &driver.Statement{Table: "plinth_changes", SQL: sqliteBatch, Args: []any{at.Seq, int64(limit), names}}, nil
	case at.To == "":
		return &driver.Statement{Table: "plinth_changes", SQL: postgresHead + postgresFirst, Args: []any{at.From, int64(limit), tables}}, nil
	}
	return &driver.Statement{Table: "plinth_changes", SQL: postgresHead + postgresNext, Args: []any{at.From, int64(limit), tables, at.To, at.Seq}}, nil
}

// scanChanges runs a statement of a batch. With ErrTooLarge it returns the rows
// that came before the text was too large, and the one that made it so.
func scanChanges(ctx context.Context, tx *core.Tx, st *driver.Statement, limit int) (*logHead, []Change, error) {
	st.Shape = &driver.Shape{Extra: changeKinds, EachExtra: true}
	st.MaxBytes = maxBatchBytes
	var head logHead
	var batch []Change
	first := true
	err := core.SessionOf(tx).Tuples(ctx, st, func(values [][]byte) error {
		if first {
			first = false
			return json.Unmarshal(values[4], &head)
		}
		c, err := parseChange(tx.DB, values)
		batch = append(batch, c)
		return err
	})
	if err != nil {
		err = fmt.Errorf("store: read the change log: %w", err)
	}
	return &head, batch, err
}

// parseChange reads one row of the log.
func parseChange(db *core.DB, values [][]byte) (Change, error) {
	var c Change
	var op, at string
	seq, err := strconv.ParseInt(string(values[0]), 10, 64)
	for _, text := range []struct {
		value []byte
		into  *string
	}{{values[1], &at}, {values[2], &c.Table}, {values[3], &op}, {values[7], &c.Actor}, {values[8], &c.Tenant}, {values[9], &c.RequestID}, {values[10], &c.Address}} {
		if err == nil && string(text.value) != "null" {
			*text.into, err = value.UnquoteJSON(text.value)
		}
	}
	if err == nil {
		c.At, err = canon.ParseTimestamp(at)
	}
	c.Seq, c.Op, c.ID = seq, query.WriteOp(op), changeID(seq, c.At)
	table := db.Registry.Named(c.Table)
	if err == nil {
		c.Key, err = loggedKey(table, values[4])
	}
	if err == nil {
		c.Old, err = loggedRow(table, values[5])
	}
	if err == nil {
		c.New, err = loggedNew(table, values[5], values[6])
	}
	if err != nil {
		return c, fmt.Errorf("change %s: %w", values[0], err)
	}
	return c, nil
}

// changeID is the number and the time of a change: a database restored from a
// copy gives the numbers again that were given after the copy was made.
func changeID(seq int64, at time.Time) string {
	return strconv.FormatInt(seq, 10) + "." + strconv.FormatInt(at.UnixMicro(), 36)
}
