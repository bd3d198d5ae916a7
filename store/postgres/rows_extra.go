package postgres

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// lastExtra keeps the extra values of a row as they came, until it is known whether
// another row follows: to write them for each row of a list would cost more than
// some of its members.
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
	if extra < len(rd.shape.Shared) && rd.shape.Shared[extra] >= 0 {
		return at + rd.shape.Shared[extra]
	}
	*own++
	return *own - 1
}

// keep remembers the extra values of a row, whose members begin at a column.
func (rd *reader) keep(at int, values [][]byte) {
	l, own := rd.last, at+len(rd.shape.Members)
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
	l := rd.last
	if !l.exists {
		return nil
	}
	own, from := l.at+len(rd.shape.Members), 0
	rd.result.Extra = append(rd.result.Extra[:0], '[')
	for i, end := range l.ends {
		var value []byte
		if end >= 0 {
			value, from = l.room[from:end:end], end
		}
		if err := rd.extraValue(i, rd.columnOf(i, l.at, &own), value); err != nil {
			return err
		}
	}
	rd.result.Extra = append(rd.result.Extra, ']')
	return nil
}

// extra appends the array of a row's extra values; its members begin at a column.
func (rd *reader) extra(at int, values [][]byte) error {
	if len(rd.result.Extra) > 0 {
		rd.result.Extra = append(rd.result.Extra, ',')
	}
	rd.result.Extra = append(rd.result.Extra, '[')
	own := at + len(rd.shape.Members)
	for i := range rd.shape.Extra {
		column := rd.columnOf(i, at, &own)
		if err := rd.extraValue(i, column, values[column]); err != nil {
			return err
		}
	}
	rd.result.Extra = append(rd.result.Extra, ']')
	return nil
}

func (rd *reader) extraValue(i, column int, value []byte) (err error) {
	if i > 0 {
		rd.result.Extra = append(rd.result.Extra, ',')
	}
	m := driver.Member{Kind: rd.shape.Extra[i]}
	if rd.result.Extra, err = appendMember(rd.result.Extra, &m, rd.oid(column), value); err != nil {
		return fmt.Errorf("column %q: %w", rd.fields[column].Name, err)
	}
	return nil
}
