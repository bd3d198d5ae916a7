package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// arguments are the values of a statement in the form in which they are sent.
// The memory is used again.
type arguments struct {
	values  [][]byte // nil: NULL
	formats []int16
	bytes   []byte // what values point into
}

// maxKept is the size up to which memory for arguments is kept.
const maxKept = 64 << 10

// encode takes the values for parameters of the types. Errors do not show them.
func (a *arguments) encode(types *pgtype.Map, oids []uint32, args []any) error {
	if len(args) != len(oids) {
		return fmt.Errorf("postgres: %d arguments for %d parameters", len(args), len(oids))
	}
	if a.bytes == nil {
		a.bytes = make([]byte, 0, 256) // no value is nil, also one without bytes
	}
	a.values, a.formats, a.bytes = a.values[:0], a.formats[:0], a.bytes[:0]
	for i, arg := range args {
		start := len(a.bytes)
		dst, format, ok := appendArg(a.bytes, oids[i], arg)
		if !ok {
			if dst, format, ok = encodeArg(types, a.bytes, oids[i], arg); !ok {
				return fmt.Errorf("%w: argument %d is not a value of its type", driver.ErrValue, i+1)
			}
		}
		a.formats = append(a.formats, format)
		if dst == nil {
			a.values = append(a.values, nil)
			continue
		}
		a.bytes = dst
		a.values = append(a.values, dst[start:len(dst):len(dst)])
	}
	return nil
}

// free forgets the values, and memory that is too much to keep.
func (a *arguments) free() {
	clear(a.values)
	if cap(a.bytes) > maxKept {
		a.bytes = nil
	}
}

// appendArg appends the values the store sends most, in the forms the server
// reads fastest. A nil slice is NULL.
func appendArg(dst []byte, oid uint32, arg any) (_ []byte, format int16, ok bool) {
	switch v := arg.(type) {
	case nil:
		return nil, pgx.BinaryFormatCode, true
	case string: // is the text form of any type
		return append(dst, v...), pgx.TextFormatCode, true
	case int64:
		switch {
		case oid == pgtype.Int8OID:
			return binary.BigEndian.AppendUint64(dst, uint64(v)), pgx.BinaryFormatCode, true
		case oid == pgtype.Int4OID && int64(int32(v)) == v:
			return binary.BigEndian.AppendUint32(dst, uint32(v)), pgx.BinaryFormatCode, true
		}
	case bool:
		if oid == pgtype.BoolOID {
			b := byte(0)
			if v {
				b = 1
			}
			return append(dst, b), pgx.BinaryFormatCode, true
		}
	case float64:
		if oid == pgtype.Float8OID {
			return binary.BigEndian.AppendUint64(dst, math.Float64bits(v)), pgx.BinaryFormatCode, true
		}
	case time.Time:
		if oid == pgtype.TimestamptzOID {
			return binary.BigEndian.AppendUint64(dst, uint64(v.UnixMicro()-microsTo2000)), pgx.BinaryFormatCode, true
		}
	case []byte:
		if oid == pgtype.ByteaOID && v != nil {
			return append(dst, v...), pgx.BinaryFormatCode, true
		}
	default:
		dst, ok = appendList(dst, oid, arg)
		return dst, pgx.BinaryFormatCode, ok
	}
	return dst, 0, false
}

// encodeArg lets pgx append any other value, in the other form if the one it
// prefers for the type does not fit.
func encodeArg(types *pgtype.Map, dst []byte, oid uint32, arg any) (_ []byte, format int16, ok bool) {
	format = types.FormatCodeForOID(oid)
	for range 2 {
		if encoded, err := types.Encode(oid, format, arg, dst); err == nil {
			return encoded, format, true
		}
		format = pgx.BinaryFormatCode - format
	}
	return dst, 0, false
}
