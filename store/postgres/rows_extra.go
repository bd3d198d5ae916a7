package postgres

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// lastExtra keeps the extra values of a row in wire form until it is known whether
// another row follows. They are encoded only for the last row.
type lastExtra struct {
	at     int    // where the members begin
	room   []byte // all values
	ends   []int  // of each in room; -1 for NULL
	exists bool
}

// emptied returns l with its memory for the next call, unless that is much.
func (l *lastExtra) emptied() lastExtra {
	if cap(l.room) > maxKept {
		return lastExtra{}
	}
	return lastExtra{room: l.room[:0], ends: l.ends[:0]}
}

// columnOf returns the column of an extra value; own is the first one behind the
// members that none has taken yet.
func (rd *reader) columnOf(extra, at int, own *int) int {
	if rd.shape.ExtraFields != nil {
		return at + rd.shape.ExtraFields[extra]
	}
	if extra < len(rd.shape.Shared) && rd.shape.Shared[extra] >= 0 {
		return at + fieldOf(rd.shape, rd.shape.Shared[extra])
	}
	*own++
	return *own - 1
}

// keep stores the extra values of a row. Its members begin at column at.
func (rd *reader) keep(at int, values [][]byte) {
	l, own := rd.last, at+fields(rd.shape)
	if l.room == nil {
		l.room = make([]byte, 0, 64) // an empty value is not NULL
	}
	l.at, l.room, l.ends, l.exists = at, l.room[:0], l.ends[:0], true
	for i := range rd.shape.Extra {
		value := values[rd.columnOf(i, at, &own)]
		l.room = append(l.room, value...)
		if value == nil {
			l.ends = append(l.ends, -1)
		} else {
			l.ends = append(l.ends, len(l.room))
		}
	}
}

// lastRow writes the extra values of the row that was kept.
func (rd *reader) lastRow() error {
	l, from := rd.last, 0
	if !l.exists {
		return nil
	}
	rd.result.Extra = rd.result.Extra[:0]
	return rd.writeExtra(l.at, func(i, _ int) (value []byte) {
		if end := l.ends[i]; end >= 0 {
			value, from = l.room[from:end:end], end
		}
		return value
	})
}

// extra appends the extra values of a row to those of the rows before; its members
// begin at a column.
func (rd *reader) extra(at int, values [][]byte) error {
	if len(rd.result.Extra) > 0 {
		rd.result.Extra = append(rd.result.Extra, ',')
	}
	return rd.writeExtra(at, func(_, column int) []byte { return values[column] })
}

// writeExtra appends the array of the extra values of a row, each by its number and
// its column.
func (rd *reader) writeExtra(at int, value func(i, column int) []byte) error {
	dst, own := rd.result.Extra, at+fields(rd.shape)
	for i, kind := range rd.shape.Extra {
		if i == 0 {
			dst = append(dst, '[')
		} else {
			dst = append(dst, ',')
		}
		column := rd.columnOf(i, at, &own)
		m := driver.Member{Kind: kind}
		var err error
		if dst, err = rd.appendColumn(dst, &m, column, value(i, column)); err != nil {
			return fmt.Errorf("column %q: %w", rd.fields[column].Name, err)
		}
	}
	rd.result.Extra = append(dst, ']')
	return nil
}
