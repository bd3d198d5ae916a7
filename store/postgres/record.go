package postgres

import (
	"encoding/binary"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// wire reads the parts of a composite value in binary form. After a read
// beyond the end it is bad and returns zeros.
type wire struct {
	rest []byte
	bad  bool
}

func (w *wire) uint32() uint32 {
	if len(w.rest) < 4 {
		w.rest, w.bad = nil, true
		return 0
	}
	n := binary.BigEndian.Uint32(w.rest)
	w.rest = w.rest[4:]
	return n
}

// value reads a length and as many bytes. It is nil for NULL, and not nil for
// a value without bytes.
func (w *wire) value() []byte {
	n := int(int32(w.uint32()))
	if n == -1 && !w.bad {
		return nil
	}
	if n < 0 || n > len(w.rest) {
		w.rest, w.bad = nil, true
		return nil
	}
	b := w.rest[:n:n]
	w.rest = w.rest[n:]
	return b
}

// done reports whether everything was read and nothing was missing.
func (w *wire) done() bool { return !w.bad && len(w.rest) == 0 }

// appendRecord appends a record as JSON object. Its fields are those of the
// shape, in order, and each says its type.
func appendRecord(dst []byte, shape *driver.Shape, src []byte) ([]byte, error) {
	dst, _, err := appendRecordParts(dst, nil, shape, src)
	return dst, err
}

// appendRecordParts is appendRecord for a row of a stream. The arrays of the row follow
// later, so their positions are recorded as holes, see streamReader.
func appendRecordParts(dst []byte, holes []hole, shape *driver.Shape, src []byte) ([]byte, []hole, error) {
	w := wire{rest: src}
	if int(w.uint32()) != fields(shape) || w.bad {
		return dst, holes, errWire
	}
	var all []field // nil if the fields are the members in order
	if shape.Fields != nil {
		all = make([]field, fields(shape))
		for i := range all {
			all[i] = w.field()
		}
	}
	dst = append(dst, '{')
	for i := range shape.Members {
		if i > 0 {
			dst = append(dst, ',')
		}
		m := &shape.Members[i]
		dst = append(dst, m.Key...)
		var f field
		switch at := fieldOf(shape, i); {
		case at < 0:
			dst, holes = appendHole(dst, holes, m.Embed)
			continue
		case all != nil:
			f = all[at]
		default:
			f = w.field()
		}
		if w.bad {
			return dst, holes, errWire
		}
		var err error
		if dst, holes, err = appendPart(dst, holes, m, f.oid, f.value); err != nil {
			return dst, holes, err
		}
	}
	if !w.done() {
		return dst, holes, errWire
	}
	return append(dst, '}'), holes, nil
}

// appendPart is appendMember for a row of a stream.
func appendPart(dst []byte, holes []hole, m *driver.Member, oid uint32, src []byte) ([]byte, []hole, error) {
	if m.Embed != nil && !m.Many && src != nil {
		return appendRecordParts(dst, holes, m.Embed, src)
	}
	dst, err := appendMember(dst, m, oid, src)
	return dst, holes, err
}

// field is a field of a record.
type field struct {
	oid   uint32
	value []byte
}

func (w *wire) field() field {
	oid := w.uint32()
	return field{oid, w.value()}
}

// appendRecords appends an array of records as JSON array. NULL is an empty
// one.
func appendRecords(dst []byte, shape *driver.Shape, src []byte) ([]byte, error) {
	return appendArray(dst, src, func(dst, element []byte) ([]byte, error) {
		return appendRecord(dst, shape, element)
	})
}

// appendTexts appends an array of texts.
func appendTexts(dst, src []byte) ([]byte, error) {
	return appendArray(dst, src, func(dst, element []byte) ([]byte, error) {
		return strictjson.AppendStringBytes(dst, element), nil
	})
}

// appendArray appends an array as JSON array. One with more dimensions comes
// out flat, in storage order: our columns have one, but PostgreSQL does not
// enforce it.
func appendArray(dst, src []byte, each func(dst, element []byte) ([]byte, error)) ([]byte, error) {
	if src == nil {
		return append(dst, "[]"...), nil
	}
	w := wire{rest: src}
	dimensions := w.uint32()
	w.uint32() // whether there are NULLs; each says so itself
	w.uint32() // the type of the elements
	for range min(dimensions, maxDimensions) {
		w.uint32() // the size
		w.uint32() // the lower bound
	}
	if w.bad || dimensions > maxDimensions {
		return dst, errWire
	}
	dst = append(dst, '[')
	for first := true; len(w.rest) > 0; first = false {
		if !first {
			dst = append(dst, ',')
		}
		element := w.value()
		if w.bad {
			return dst, errWire
		}
		if element == nil {
			dst = append(dst, null...)
			continue
		}
		var err error
		if dst, err = each(dst, element); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

// maxDimensions is PostgreSQL's MAXDIM.
const maxDimensions = 6
