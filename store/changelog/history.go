package changelog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

const (
	postgresHistory = `select ` + logRow + ` from plinth_changes c where c.request is not null` +
		` and hashtextextended(c.tbl, jsonb_hash_extended(c.key, 0)) = hashtextextended($1::text collate "C", jsonb_hash_extended($2::text::jsonb, 0))` +
		` and c.tbl = $1::text and c.key = $2::text::jsonb and c.seq < $3 order by c.seq desc limit $4`

	sqliteHistory = `select ` + logRow + ` from plinth_changes c where c.request is not null` +
		` and c.tbl = ?1 and c.key = ?2 and c.seq < ?3 order by c.seq desc limit ?4`
)

// HistoryPage is a part of the history of a row, the newest change first.
type HistoryPage struct {
	Changes []Change

	// Next is the cursor of older changes, empty if there are none.
	Next Cursor
}

// History returns up to limit changes of the row with a key, a JSON array, of a table with
// store.History: those before a cursor, or without one the newest. They are not judged: see
// [Change.SeenBy].
//
// A text that is no cursor is a [fault.QueryError].
func History(ctx context.Context, on store.Session, t *schema.Table, key json.RawMessage, before Cursor, limit int) (page HistoryPage, err error) {
	if limit < 1 {
		return page, errors.New("store: a page of a history has at least one change")
	}
	s := core.SessionOf(on)
	sealer, err := s.CursorKey(ctx)
	if err != nil {
		return page, err
	}
	seq := int64(math.MaxInt64)
	if before != "" {
		raw, ok := sealer.Open("history", string(before))
		if !ok {
			return page, errBadCursor
		}
		if seq, err = strconv.ParseInt(string(raw), 10, 64); err != nil {
			return page, errBadCursor
		}
	}
	st := &driver.Statement{
		Table: "plinth_changes", SQL: sqliteHistory, Args: []any{t.Name, string(key), seq, int64(limit) + 1},
		Shape: &driver.Shape{Extra: changeKinds, EachExtra: true}, MaxBytes: maxBatchBytes,
	}
	if s.DB.Engine.Postgres() {
		st.SQL = postgresHistory
	}
	query.ScopeFrom(ctx).Limit(st)
	err = s.Tuples(ctx, st, func(values [][]byte) error {
		c, err := parseChange(s.DB, values)
		page.Changes = append(page.Changes, c)
		return err
	})
	large := errors.Is(err, fault.ErrTooLarge) && len(page.Changes) > 0 // these are the first
	if err != nil && !large {
		return page, fmt.Errorf("store: history of %s: %w", t.Name, err)
	}
	if n := min(limit, len(page.Changes)); large || n < len(page.Changes) {
		page.Changes = page.Changes[:n]
		page.Next = Cursor(sealer.Seal("history", strconv.AppendInt(nil, page.Changes[n-1].Seq, 10)))
	}
	return page, nil
}

// KeyOf returns the key of a row of a table with one column in its primary key, as
// Change.Key has it, from the text of its value.
func KeyOf(t *schema.Table, text string) (json.RawMessage, error) {
	if len(t.PrimaryKey) != 1 {
		return nil, fmt.Errorf("store: %s has no key of one column", t.Name)
	}
	v, err := t.PrimaryKey[0].ParseText(text)
	if err != nil {
		return nil, err
	}
	return append(value.AppendValue([]byte{'['}, t.PrimaryKey[0].Kind, v), ']'), nil
}
