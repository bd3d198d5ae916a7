package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// reader appends the rows of one answer to a result.
type reader struct {
	shape  *driver.Shape
	result *driver.Result
	fields []pgconn.FieldDescription
	last   *lastExtra

	// roomForRow is what a row is thought to take, in bytes: twice the longest so far.
	roomForRow int
}

// readRows appends all rows. It does not close them, which tells whether there
// was an error.
func readRows(rows *pgconn.ResultReader, s *driver.Statement, r *driver.Result, last *lastExtra) error {
	if s.Shape == nil {
		return errors.New("postgres: a statement without a shape has no rows")
	}
	rd := reader{shape: s.Shape, result: r, last: last}
	before, first := len(r.Body)+len(r.Extra), r.Rows
	for rows.NextRow() {
		if s.MaxRows > 0 && r.Rows-first == s.MaxRows {
			r.More = true
			break // whoever closes the rows skips the rest
		}
		if rd.fields == nil {
			rd.fields = rows.FieldDescriptions()
			if want := columns(s.Shape); len(rd.fields) != want {
				return fmt.Errorf("%w: %d columns, not %d", errWire, len(rd.fields), want)
			}
		}
		if err := rd.row(rows.Values()); err != nil {
			return err
		}
		if s.MaxBytes > 0 && len(r.Body)+len(r.Extra)-before > s.MaxBytes {
			return driver.ErrTooLarge
		}
	}
	return rd.lastRow()
}

// columns is the number of columns of the shape's rows.
func columns(s *driver.Shape) int {
	n := len(s.Members) + len(s.Extra)
	for _, member := range s.Shared {
		if member >= 0 {
			n--
		}
	}
	if s.Counted {
		n += 2
	}
	return n
}

// row appends one row.
func (rd *reader) row(values [][]byte) error {
	at := 0
	if rd.shape.Counted {
		exists, err := rd.counted(values)
		if err != nil || !exists {
			return err
		}
		at = 2
	}
	if err := rd.members(at, values); err != nil {
		return err
	}
	rd.result.Rows++
	if len(rd.shape.Extra) == 0 {
		return nil
	}
	if rd.shape.EachExtra {
		return rd.extra(at, values)
	}
	rd.keep(at, values)
	return nil
}

// counted reads the total and whether the row exists.
func (rd *reader) counted(values [][]byte) (exists bool, err error) {
	if rd.isText(0) || rd.isText(1) || len(values[1]) != 1 {
		return false, errWire
	}
	rd.result.Total, err = readInt(values[0])
	return values[1][0] != 0, err
}

// members appends the object of a row, nothing where the shape has no members.
func (rd *reader) members(at int, values [][]byte) error {
	if len(rd.shape.Members) == 0 {
		return nil
	}
	rd.result.Room(rd.roomForRow)
	dst := rd.result.Body
	before := len(dst)
	if rd.result.Rows > 0 {
		dst = append(dst, ',')
	}
	for i := range rd.shape.Members {
		if i == 0 {
			dst = append(dst, '{')
		} else {
			dst = append(dst, ',')
		}
		m := &rd.shape.Members[i]
		var err error
		if dst, err = appendMember(append(dst, m.Key...), m, rd.oid(at+i), values[at+i]); err != nil {
			return fmt.Errorf("column %q: %w", rd.fields[at+i].Name, err)
		}
	}
	rd.result.Body = append(dst, '}')
	rd.roomForRow = max(rd.roomForRow, 2*(len(rd.result.Body)-before))
	return nil
}

// oid is the type of a column's bytes. What a server or a proxy sends in text
// form, although we ask for binary, is read as text.
func (rd *reader) oid(column int) uint32 {
	if rd.isText(column) {
		return pgtype.TextOID
	}
	return rd.fields[column].DataTypeOID
}

func (rd *reader) isText(column int) bool { return rd.fields[column].Format != pgx.BinaryFormatCode }
