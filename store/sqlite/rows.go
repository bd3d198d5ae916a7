package sqlite

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// collector appends the rows of a statement to a result.
type collector struct {
	shape *driver.Shape
	into  *driver.Result

	// limit is the largest size of the result, rowLimit that of one row, 0 for none.
	limit, rowLimit int

	counter *counter // of the rows of all levels

	// maxRows is the largest number of rows after the first, 0 for none.
	maxRows, first int
}

// newCollector returns a collector for a statement's rows; what the result
// already holds does not count against the limit.
func newCollector(s *driver.Statement, r *driver.Result, rows *counter) (*collector, error) {
	if s.Shape == nil {
		return nil, errors.New("sqlite: statement without a shape has no rows")
	}
	c := &collector{shape: s.Shape, into: r, first: r.Rows, maxRows: s.MaxRows, counter: rows}
	if s.MaxBytes > 0 {
		c.limit, c.rowLimit = len(r.Body)+len(r.Extra)+s.MaxBytes, rowLimit(s)
	}
	return c, nil
}

// columns returns how many columns a row has.
func (c *collector) columns() int {
	n := len(c.shape.Extra)
	if c.shape.Counted {
		n += 2
	}
	if len(c.shape.Members) > 0 {
		n++
	}
	return n
}

// collect reads rows to their end. Looking at ctx between rows is what ends a
// long answer, see the package's limits.
func (c *collector) collect(ctx context.Context, rows sqldriver.Rows, dest []sqldriver.Value) error {
	if got, want := len(rows.Columns()), len(dest); got != want {
		return fmt.Errorf("sqlite: statement has %d columns, its shape %d", got, want)
	}
	for {
		err := rows.Next(dest)
		if err == io.EOF { // the contract of driver.Rows
			return nil
		}
		// One more row after the last only sets More, also if its arrays exceed a
		// limit.
		if (err == nil || c.beyond(err)) && c.maxRows > 0 && c.into.Rows-c.first == c.maxRows {
			c.into.More = true
			c.counter.over = false
			return nil // Close skips the rest
		}
		if err == nil {
			err = c.row(dest)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

// beyond reports whether a row could not be made because it is beyond a limit.
func (c *collector) beyond(err error) bool {
	return c.counter.over || c.rowLimit > 0 && isTooBig(err)
}

// row appends one row.
func (c *collector) row(values []sqldriver.Value) error {
	r := c.into
	if c.shape.Counted {
		total, ok := values[0].(int64)
		if !ok {
			return fmt.Errorf("%w: total is %T", driver.ErrValue, values[0])
		}
		r.Total = total
		if exists, _ := values[1].(int64); exists == 0 {
			return nil
		}
		values = values[2:]
	}
	if len(c.shape.Members) > 0 {
		object, ok := values[0].(string)
		if !ok {
			return fmt.Errorf("%w: row is %T", driver.ErrValue, values[0])
		}
		if c.rowLimit > 0 && len(object) > c.rowLimit || c.limit > 0 && len(r.Body)+len(r.Extra)+len(object) > c.limit {
			return driver.ErrTooLarge
		}
		r.Room(len(object)+1, c.limit)
		if r.Rows > 0 {
			r.Body = append(r.Body, ',')
		}
		r.Body = append(r.Body, object...)
		values = values[1:]
	}
	if err := c.extra(values); err != nil {
		return err
	}
	r.Rows++
	if !c.counter.took(1) {
		return driver.ErrTooManyRows
	}
	if c.limit > 0 && len(r.Body)+len(r.Extra) > c.limit {
		return driver.ErrTooLarge
	}
	return nil
}

// extra appends the extra values of a row, or replaces those of the last row.
func (c *collector) extra(values []sqldriver.Value) error {
	if len(values) == 0 {
		return nil
	}
	r := c.into
	switch {
	case !c.shape.EachExtra:
		r.Extra = r.Extra[:0]
	case r.Rows > 0:
		r.Extra = append(r.Extra, ',')
	}
	r.Extra = append(r.Extra, '[')
	for i, v := range values {
		if i > 0 {
			r.Extra = append(r.Extra, ',')
		}
		var err error
		if r.Extra, err = appendJSON(r.Extra, c.shape.Extra[i], v); err != nil {
			return err
		}
	}
	r.Extra = append(r.Extra, ']')
	return nil
}

// appendJSON appends a column's value in the JSON form of its kind. SQLite allows
// values of other types in a column; those are rejected.
func appendJSON(b []byte, kind driver.Kind, v sqldriver.Value) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case int64:
		switch kind {
		case driver.KindInt, driver.KindFloat, driver.KindDecimal:
			return strconv.AppendInt(b, v, 10), nil
		case driver.KindBool:
			return strconv.AppendBool(b, v != 0), nil
		}
	case float64:
		if kind == driver.KindFloat {
			return canon.AppendFloat(b, v), nil
		}
	case string:
		switch kind {
		case driver.KindDecimal, driver.KindJSON, driver.KindTextArray:
			return append(b, v...), nil
		case driver.KindText, driver.KindTimestamp, driver.KindDate, driver.KindUUID:
			return strictjson.AppendString(b, v), nil
		}
	case []byte:
		if kind == driver.KindBytes {
			return canon.AppendBytesJSON(b, v), nil
		}
	}
	return b, fmt.Errorf("%w: a %s column holds %T", driver.ErrValue, kind, v)
}
