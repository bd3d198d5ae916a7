package postgres

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// appendList appends a list as an array in binary form, if its type and values are
// supported. A nil list is NULL. pgx plans each element separately and parses UUIDs
// through intermediate values, which allocates for each element of a bulk insert.
func appendList(dst []byte, oid uint32, arg any) (_ []byte, ok bool) {
	element := elementOf(oid)
	if element == 0 {
		return dst, false
	}
	switch list := arg.(type) {
	case []string:
		return appendElements(dst, element, list, appendTextElement)
	case []int64:
		return appendElements(dst, element, list, appendIntElement)
	case []any:
		return appendElements(dst, element, list, appendElement)
	}
	return dst, false
}

// elementOf returns the type of an array's elements, zero for other types.
func elementOf(oid uint32) uint32 {
	switch oid {
	case pgtype.TextArrayOID:
		return pgtype.TextOID
	case pgtype.UUIDArrayOID:
		return pgtype.UUIDOID
	case pgtype.JSONBArrayOID:
		return pgtype.JSONBOID
	case pgtype.Int8ArrayOID:
		return pgtype.Int8OID
	case pgtype.BoolArrayOID:
		return pgtype.BoolOID
	case pgtype.Float8ArrayOID:
		return pgtype.Float8OID
	case pgtype.TimestamptzArrayOID:
		return pgtype.TimestamptzOID
	case pgtype.ByteaArrayOID:
		return pgtype.ByteaOID
	}
	return 0
}

// appendElements appends a list of one dimension: its head, and each element
// behind its length.
func appendElements[T any](dst []byte, oid uint32, list []T, each func(dst []byte, oid uint32, v T) ([]byte, bool)) (_ []byte, ok bool) {
	if list == nil {
		return nil, true
	}
	dimensions := uint32(1)
	if len(list) == 0 {
		dimensions = 0
	}
	dst = binary.BigEndian.AppendUint32(dst, dimensions)
	dst = binary.BigEndian.AppendUint32(dst, 1) // there may be NULLs; each says so itself
	dst = binary.BigEndian.AppendUint32(dst, oid)
	if dimensions == 0 {
		return dst, true
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(list)))
	dst = binary.BigEndian.AppendUint32(dst, 1) // the index of the first element
	for _, v := range list {
		start := len(dst)
		dst = append(dst, 0xff, 0xff, 0xff, 0xff) // NULL
		next, ok := each(dst, oid, v)
		if !ok {
			return dst, false
		}
		if next != nil {
			dst = next
			binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
		}
	}
	return dst, true
}

// appendElement appends an element of any Go type the store binds, and is nil
// for NULL.
func appendElement(dst []byte, oid uint32, element any) (_ []byte, ok bool) {
	if text, ok := element.(string); ok {
		return appendTextElement(dst, oid, text)
	}
	dst, format, ok := appendArg(dst, oid, element)
	return dst, ok && format == pgx.BinaryFormatCode
}

func appendIntElement(dst []byte, oid uint32, v int64) (_ []byte, ok bool) {
	return binary.BigEndian.AppendUint64(dst, uint64(v)), oid == pgtype.Int8OID
}

// appendTextElement appends the types that texts are cheap to write as.
func appendTextElement(dst []byte, oid uint32, v string) (_ []byte, ok bool) {
	switch oid {
	case pgtype.TextOID:
		return append(dst, v...), true
	case pgtype.JSONBOID:
		const version = 1
		return append(append(dst, version), v...), true
	case pgtype.UUIDOID:
		return appendUUIDBytes(dst, v)
	}
	return dst, false
}

// appendUUIDBytes appends the 16 bytes of a UUID in the form the store has them.
func appendUUIDBytes(dst []byte, v string) (_ []byte, ok bool) {
	if len(v) != 36 || v[8] != '-' || v[13] != '-' || v[18] != '-' || v[23] != '-' {
		return dst, false
	}
	var digits [32]byte
	copy(digits[copy(digits[:], v[:8]):], v[9:13])
	copy(digits[12:], v[14:18])
	copy(digits[16:], v[19:23])
	copy(digits[20:], v[24:])
	dst, err := hex.AppendDecode(dst, digits[:])
	return dst, err == nil
}
