package write

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/internal/jsonb"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// answer fills the answer from the written rows. Plain rows come from Go. Relations or
// an order require a read in the same transaction, which for deleted rows ran before
// the delete.
func (w *steps) answer(ctx context.Context, rows []*Row, out *query.Rows) error {
	out.Touched = len(rows)
	if len(rows) == 1 && len(w.version) > 0 && rows[0].New != nil {
		out.Version, _ = rows[0].New[w.version[0].Index].(int64)
	}
	gone := w.op == query.OpDelete
	switch {
	case w.ret == nil:
		out.Count = len(rows)
		return nil
	case !w.readsBack():
		return w.appendRows(ctx, rows, out)
	case gone:
		return nil
	}
	return w.readBack(ctx, rows, out)
}

// checkAnswer resolves the names in the answer before anything is written: a
// wrong one is a mistake also where no row comes back.
func (w *steps) checkAnswer(ctx context.Context) error {
	if w.ret == nil {
		return nil
	}
	b := w.Session.NewBuilder(ctx, w.Scope, w.Exemptions)
	defer b.Free()
	if !w.readsBack() {
		_, err := writtenPlan(b, w.source(""), w.ret)
		return err
	}
	q := *w.ret
	q.Where, q.Limit, q.Offset, q.After, q.Count = query.Cond{}, nil, 0, "", false
	_, err := b.Read(w.Table, &q, sqlgen.StatementOptions{})
	return err
}

// appendRows fills the answer with the plain rows that the scope can see.
func (w *steps) appendRows(ctx context.Context, rows []*Row, out *query.Rows) error {
	b := w.Session.NewBuilder(ctx, w.Scope, w.Exemptions)
	defer b.Free()
	plan, err := writtenPlan(b, w.source(""), &query.Query{Select: w.ret.Select})
	if err != nil {
		return err
	}
	gone := w.op == query.OpDelete
	out.Body, out.Count = out.Result.Body[:0], 0
	for _, rw := range rows {
		row := rw.New
		if gone {
			row = rw.Old
		}
		visible, err := w.visible(ctx, row, gone)
		if err != nil {
			return err
		}
		if !visible {
			continue
		}
		if out.Body, err = w.appendRow(out.Body, plan, row, out.Count > 0); err != nil {
			return err
		}
		out.Count++
	}
	out.Result.Body = out.Body
	return nil
}

// appendRow appends the planned columns of a row as JSON object.
func (w *steps) appendRow(dst []byte, plan *sqlgen.RowPlan, row []any, comma bool) (_ []byte, err error) {
	if comma {
		dst = append(dst, ',')
	}
	dst = append(dst, '{')
	for i, pc := range plan.Columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, plan.Members[i].Key...)
		if dst, err = appendCast(dst, pc, pc.Column.ValueIn(row)); err != nil {
			return dst, err
		}
		if w.maxBytes > 0 && len(dst) > w.maxBytes {
			return dst, fault.ErrTooLarge
		}
	}
	return append(dst, '}'), nil
}

// appendCast appends a value after the cast of its column.
func appendCast(dst []byte, pc sqlgen.PlanColumn, v any) ([]byte, error) {
	if v == nil {
		return append(dst, "null"...), nil
	}
	switch pc.Cast {
	case "int":
		return value.AppendValue(dst, driver.KindInt, int64(value.Bit(v == true))), nil
	case "date":
		text := value.AppendValue(nil, driver.KindTimestamp, v)
		return append(append(dst, text[:len(`"2006-01-02`)]...), '"'), nil
	case "int8", "float8", "numeric", "bool":
		parsed, err := jsonb.Cast(v.(string), pc.Cast)
		if err != nil {
			return dst, fault.ErrOutOfRange
		}
		return append(dst, parsed...), nil
	case sqlgen.CastText:
		text := value.AppendValue(nil, pc.Column.Kind, v)
		if text[0] == '"' && pc.Column.Kind != driver.KindJSON {
			return append(dst, text...), nil
		}
		return strictjson.AppendStringBytes(dst, text), nil
	}
	return value.AppendValue(dst, pc.Column.Kind, v), nil
}

// readBack reads the written rows through the guard, with relations. Without an
// order of the query they come in the order of the write.
func (w *steps) readBack(ctx context.Context, rows []*Row, out *query.Rows) error {
	out.Body, out.Count = out.Result.Body[:0], 0
	q := *w.ret
	q.Limit, q.Offset, q.After, q.Count = nil, 0, "", false
	keys := make([]query.Cond, len(rows))
	for i, rw := range rows {
		row := rw.New
		if row == nil {
			row = rw.Old
		}
		keys[i] = query.RowKey(w.Table, row)
	}
	if len(keys) == 0 {
		return nil // a condition without keys would select every row
	}
	if len(q.Order) > 0 {
		keys = []query.Cond{query.Or(keys...)}
	}
	spent := 0
	for _, key := range keys {
		if w.maxTotalRows > 0 && spent >= w.maxTotalRows {
			return read.BudgetError(w.ret, w.maxTotalRows)
		}
		n, err := w.readWritten(ctx, &q, key, max(w.maxTotalRows-spent, 0), out)
		if err != nil {
			return err
		}
		spent += n
	}
	return nil
}

// readWritten reads the rows of a key and returns how many there were on all levels.
func (w *steps) readWritten(ctx context.Context, q *query.Query, key query.Cond, budget int, out *query.Rows) (int, error) {
	b := w.Session.NewBuilder(ctx, w.Scope, w.Exemptions)
	defer b.Free()
	q.Where = key
	b.Budget = budget
	shape, err := b.Read(w.Table, q, sqlgen.StatementOptions{})
	if err != nil {
		return 0, err
	}
	var r driver.Result
	st := b.Statement(shape)
	if w.maxBytes > 0 {
		st.MaxBytes = max(w.maxBytes-len(out.Body), 1) // 0 would be no limit
	}
	if err := w.Session.Query(ctx, st, &r); errors.Is(err, core.ErrTooManyRows) {
		return 0, read.BudgetError(w.ret, w.maxTotalRows)
	} else if err != nil {
		return 0, err
	}
	if r.Rows > 0 && out.Count > 0 {
		out.Body = append(out.Body, ',')
	}
	out.Body = append(out.Body, r.Body...)
	out.Count += r.Rows
	out.Result.Body = out.Body
	return max(r.All, r.Rows), nil
}
