package postgres

import (
	"encoding/binary"
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// streamReader writes the rows of a stream, see [driver.Shape], as nested JSON. The
// text of a row is written up to its first array. The rest is kept until the rows of
// the array were read.
type streamReader struct {
	open  []openRow
	holes []hole // of the open rows, the outermost first
	tails []byte // the text behind their first holes
	start int    // where the row of the root begins in the body
}

// hole is the position of an array in the text of a row.
type hole struct {
	at   int // its closing bracket, in the body or, of an open row, in the tails
	node int
}

// openRow is a row with arrays that may still follow.
type openRow struct {
	node        int
	holes, tail int // where its own begin
	next        int // the first hole that is not written
	written     int // how much of its tail is
}

// appendHole writes the brackets of an array and records the position between them for
// its rows.
func appendHole(dst []byte, holes []hole, shape *driver.Shape) ([]byte, []hole) {
	dst = append(dst, '[')
	return append(dst, ']'), append(holes, hole{at: len(dst), node: shape.Node})
}

// begins reports whether a row is one of the root.
func (rd *reader) begins(values [][]byte) bool {
	if len(rd.shape.Stream) == 0 {
		return true
	}
	at := 0
	if rd.shape.Counted {
		at = 2
	}
	node, err := nodeOf(values[at])
	return err == nil && node == 0
}

func nodeOf(value []byte) (int, error) {
	if len(value) != 4 {
		return 0, errWire
	}
	return int(binary.BigEndian.Uint32(value)), nil
}

// streamRow appends a row of a stream.
func (rd *reader) streamRow(at int, values [][]byte) error {
	st := &rd.stream
	node, err := nodeOf(values[at])
	if err != nil || rd.isText(at) || node >= len(rd.shape.Stream) {
		return errWire
	}
	if err := rd.place(node); err != nil {
		return err
	}
	rd.result.Room(rd.roomFor(node, values), rd.limit)
	if node == 0 {
		if rd.result.Rows > 0 {
			rd.result.Body = append(rd.result.Body, ',')
		}
		st.start = len(rd.result.Body)
	}
	if err := rd.streamMembers(node, at, values); err != nil || node > 0 {
		return err
	}
	return rd.endRow(at, values)
}

// roomFor returns how many bytes a row is thought to take.
func (rd *reader) roomFor(node int, values [][]byte) int {
	if node == 0 {
		return rd.roomForRow
	}
	n := 0
	for _, v := range values {
		n += len(v)
	}
	return n
}

// place brings the body to where a row of a node belongs: behind the row before it
// in the same array, or into the next array of an open row.
func (rd *reader) place(node int) error {
	st := &rd.stream
	for len(st.open) > 0 {
		top := &st.open[len(st.open)-1]
		for i := top.next; i < len(st.holes); i++ {
			if st.holes[i].node == node {
				rd.fill(top, i)
				return nil
			}
		}
		same := top.node == node
		rd.closeRow()
		if same {
			if node > 0 {
				rd.result.Body = append(rd.result.Body, ',')
			}
			return nil
		}
	}
	if node != 0 {
		return fmt.Errorf("%w: a row of level %d without its parent row", errWire, node)
	}
	return nil
}

// fill writes the text of an open row up to a hole, where rows follow.
func (rd *reader) fill(row *openRow, hole int) {
	st := &rd.stream
	end := st.holes[hole].at
	rd.result.Body = append(rd.result.Body, st.tails[row.written:end]...)
	row.next, row.written = hole+1, end
}

// closeRow writes what remains of the innermost open row.
func (rd *reader) closeRow() {
	st := &rd.stream
	last := len(st.open) - 1
	row := st.open[last]
	rd.result.Body = append(rd.result.Body, st.tails[row.written:]...)
	st.open, st.holes, st.tails = st.open[:last], st.holes[:row.holes], st.tails[:row.tail]
}

// endStream writes what remains of all rows.
func (rd *reader) endStream() error {
	for len(rd.stream.open) > 0 {
		rd.closeRow()
	}
	if len(rd.shape.Stream) > 0 {
		return rd.fits(rd.result.Body, rd.stream.start)
	}
	return nil
}

// streamMembers appends the object of a row and opens it.
func (rd *reader) streamMembers(node, at int, values [][]byte) error {
	st, shape := &rd.stream, rd.shape.Stream[node]
	row := openRow{node: node, holes: len(st.holes), next: len(st.holes), tail: len(st.tails), written: len(st.tails)}
	dst, before := rd.result.Body, len(rd.result.Body)
	dst = append(dst, '{')
	for i := range shape.Members {
		if i > 0 {
			dst = append(dst, ',')
		}
		m := &shape.Members[i]
		dst = append(dst, m.Key...)
		if shape.Fields[i] < 0 {
			dst, st.holes = appendHole(dst, st.holes, m.Embed)
			continue
		}
		column := at + shape.Fields[i]
		err := rd.fitsMore(dst, st.start, m, values[column])
		switch {
		case err != nil:
			return err
		case m.Embed != nil:
			dst, st.holes, err = appendPart(dst, st.holes, m, rd.oid(column), values[column])
		default:
			dst, err = rd.appendColumn(dst, m, column, values[column])
		}
		if err != nil {
			return fmt.Errorf("column %q: %w", rd.fields[column].Name, err)
		}
		if err := rd.fits(dst, st.start); err != nil {
			return err
		}
	}
	dst = append(dst, '}')
	if len(st.holes) > row.holes {
		first := st.holes[row.holes].at
		st.tails = append(st.tails, dst[first:]...)
		for i := row.holes; i < len(st.holes); i++ {
			st.holes[i].at += row.tail - first
		}
		dst = dst[:first]
	}
	st.open = append(st.open, row)
	rd.result.Body = dst
	if node == 0 {
		rd.roomForRow = max(rd.roomForRow, 2*(len(dst)-before))
	}
	return nil
}

// appendColumn appends the value of a column. A float or a document of a stream is sent
// as a record with one field, which has its type.
func (rd *reader) appendColumn(dst []byte, m *driver.Member, column int, src []byte) ([]byte, error) {
	if len(rd.shape.Stream) == 0 || m.Kind != driver.KindFloat && m.Kind != driver.KindJSON {
		return appendMember(dst, m, rd.oid(column), src)
	}
	w := wire{rest: src}
	n := w.uint32()
	f := w.field()
	if n != 1 || !w.done() {
		return dst, errWire
	}
	return appendMember(dst, m, f.oid, f.value)
}
