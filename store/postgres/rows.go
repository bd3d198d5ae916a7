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

	limit, rowLimit int // sizes of the body, 0 for none
	all             int // rows of all levels
	stream          streamReader
}

// readRows appends all rows. It does not close them; the caller does and gets the error
// of the query.
func readRows(rows *pgconn.ResultReader, s *driver.Statement, r *driver.Result, last *lastExtra) error {
	if s.Shape == nil {
		return errors.New("postgres: a statement without a shape has no rows")
	}
	rd := reader{shape: s.Shape, result: r, last: last}
	if s.MaxBytes > 0 {
		rd.limit, rd.rowLimit = len(r.Body)+len(r.Extra)+s.MaxBytes, s.MaxBytes
		if s.Budget > 0 {
			rd.rowLimit = s.MaxBytes / driver.RowShare
		}
	}
	first := r.Rows
	for rows.NextRow() {
		if rd.fields == nil {
			rd.fields = rows.FieldDescriptions()
			if want := columns(s.Shape); len(rd.fields) != want && len(s.Shape.Stream) == 0 {
				return fmt.Errorf("%w: %d columns, not %d", errWire, len(rd.fields), want)
			}
		}
		values := rows.Values()
		if s.MaxRows > 0 && r.Rows-first == s.MaxRows && rd.begins(values) {
			r.More = true
			break // Close skips the rest
		}
		if s.Budget > 0 {
			if rd.all++; rd.all > s.Budget {
				return driver.ErrTooManyRows
			}
		}
		if err := rd.row(values); err != nil {
			return err
		}
		if rd.limit > 0 && len(r.Body)+len(r.Extra) > rd.limit {
			return driver.ErrTooLarge
		}
	}
	if err := rd.endStream(); err != nil {
		return err
	}
	r.All += rd.all
	return rd.lastRow()
}

// fits returns an error if an answer, or its row that begins at start, exceeds the
// limits.
func (rd *reader) fits(dst []byte, start int) error {
	return rd.fitsMore(dst, start, &driver.Member{}, nil)
}

// fitsMore is fits for what a value of text or bytes adds at least. Asked before, it
// saves the memory of what is thrown away.
func (rd *reader) fitsMore(dst []byte, start int, m *driver.Member, src []byte) error {
	more := 0
	switch m.Kind {
	case driver.KindText:
		more = len(src)
	case driver.KindBytes:
		more = 2 * len(src)
	}
	if rd.limit > 0 && (len(dst)+len(rd.result.Extra)+more > rd.limit || len(dst)-start+more > rd.rowLimit) {
		return driver.ErrTooLarge
	}
	return nil
}

// columns is the number of columns of the shape's rows.
func columns(s *driver.Shape) int {
	n := fields(s) + len(s.Extra)
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

// fields is the number of columns of the shape's members.
func fields(s *driver.Shape) int {
	if s.Fields == nil {
		return len(s.Members)
	}
	n := 0
	for _, field := range s.Fields {
		n = max(n, field+1)
	}
	return n
}

// fieldOf is the column of a member, or the field of a record, counted from the
// first.
func fieldOf(s *driver.Shape, member int) int {
	if s.Fields == nil {
		return member
	}
	return s.Fields[member]
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
	if len(rd.shape.Stream) > 0 {
		return rd.streamRow(at, values)
	}
	if err := rd.members(at, values); err != nil {
		return err
	}
	return rd.endRow(at, values)
}

// endRow counts a row and takes its extra columns.
func (rd *reader) endRow(at int, values [][]byte) error {
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
	rd.result.Room(rd.roomForRow, rd.limit)
	dst := rd.result.Body
	if rd.result.Rows > 0 {
		dst = append(dst, ',')
	}
	before := len(dst)
	for i := range rd.shape.Members {
		if i == 0 {
			dst = append(dst, '{')
		} else {
			dst = append(dst, ',')
		}
		m, column := &rd.shape.Members[i], at+fieldOf(rd.shape, i)
		err := rd.fitsMore(dst, before, m, values[column])
		if err != nil {
			return err
		}
		if dst, err = appendMember(append(dst, m.Key...), m, rd.oid(column), values[column]); err != nil {
			return fmt.Errorf("column %q: %w", rd.fields[column].Name, err)
		}
		if err = rd.fits(dst, before); err != nil {
			return err
		}
	}
	rd.result.Body = append(dst, '}')
	rd.roomForRow = max(rd.roomForRow, 2*(len(rd.result.Body)-before))
	return nil
}

// oid is the type of a column's bytes. A column sent in text form despite the request
// for binary is read as text.
func (rd *reader) oid(column int) uint32 {
	if rd.isText(column) {
		return pgtype.TextOID
	}
	return rd.fields[column].DataTypeOID
}

func (rd *reader) isText(column int) bool { return rd.fields[column].Format != pgx.BinaryFormatCode }
