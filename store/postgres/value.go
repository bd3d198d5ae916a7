package postgres

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"strconv"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// errWire reports bytes that are not the binary form of the expected type: the
// statement and its shape do not belong together.
var errWire = errors.New("postgres: column does not have the form its shape says")

// null is the JSON for NULL, and for the few values PostgreSQL has and JSON has
// not: NaN and the infinities of numbers and times.
const null = "null"

// appendMember appends the value of one member in PostgreSQL's binary form as
// JSON. A nil src is NULL.
func appendMember(dst []byte, m *driver.Member, oid uint32, src []byte) ([]byte, error) {
	switch {
	case m.Embed != nil && m.Many:
		return appendRecords(dst, m.Embed, src)
	case src == nil:
		return append(dst, null...), nil
	case m.Embed != nil:
		return appendRecord(dst, m.Embed, src)
	case m.Quoted:
		return appendQuoted(dst, m.Kind, oid, src)
	}
	return appendValue(dst, m.Kind, oid, src)
}

// appendValue appends a value that is not NULL in the JSON form of its kind.
func appendValue(dst []byte, kind driver.Kind, oid uint32, src []byte) ([]byte, error) {
	switch kind {
	case driver.KindText:
		return strictjson.AppendStringBytes(dst, src), nil
	case driver.KindJSON:
		return appendJSON(dst, oid, src)
	}
	if isText(oid) {
		return appendTextValue(dst, kind, src)
	}
	switch kind {
	case driver.KindBytes:
		return canon.AppendBytesJSON(dst, src), nil
	case driver.KindBool:
		return appendBool(dst, src)
	case driver.KindInt:
		return appendInt(dst, src)
	case driver.KindFloat:
		return appendFloat(dst, src)
	case driver.KindDecimal:
		return appendNumeric(dst, src)
	case driver.KindTimestamp:
		return appendTimestamp(dst, src)
	case driver.KindDate:
		return appendDate(dst, src)
	case driver.KindUUID:
		return appendUUID(dst, src)
	case driver.KindTextArray:
		return appendTexts(dst, src)
	}
	return dst, errWire
}

// appendJSON copies a document without the spaces PostgreSQL prints. A column of a JSON
// type is valid; text is validated.
func appendJSON(dst []byte, oid uint32, src []byte) ([]byte, error) {
	const version = 1 // stands before a jsonb in binary form
	switch {
	case oid == pgtype.JSONBOID && len(src) > 1 && src[0] == version:
		src = src[1:]
	case oid == pgtype.JSONOID && len(src) > 0:
	case !json.Valid(src):
		return dst, errWire
	}
	return strictjson.StripSpaces(dst, src), nil
}

// isText reports whether the binary form of the type is its text form: a
// column the statement has cast.
func isText(oid uint32) bool {
	switch oid {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.UnknownOID:
		return true
	}
	return false
}

// appendQuoted appends a value as JSON string: a cast to text.
func appendQuoted(dst []byte, kind driver.Kind, oid uint32, src []byte) ([]byte, error) {
	start := len(dst)
	dst, err := appendValue(dst, kind, oid, src)
	if err != nil {
		return dst, err
	}
	return quoteTail(dst, start, kind), nil
}

// quoteTail turns the value behind start into a JSON string where it is none.
func quoteTail(dst []byte, start int, kind driver.Kind) []byte {
	tail := dst[start:]
	switch kind {
	case driver.KindJSON, driver.KindTextArray:
		end := len(dst)
		dst = strictjson.AppendStringBytes(dst, tail)
		return dst[:start+copy(dst[start:], dst[end:])]
	case driver.KindBool, driver.KindInt, driver.KindFloat, driver.KindDecimal:
		if string(tail) == null {
			return dst
		}
		dst = append(dst, `""`...)
		copy(dst[start+1:], dst[start:len(dst)-2])
		dst[start] = '"'
	}
	return dst
}

func appendBool(dst, src []byte) ([]byte, error) {
	if len(src) != 1 {
		return dst, errWire
	}
	return strconv.AppendBool(dst, src[0] != 0), nil
}

func appendInt(dst, src []byte) ([]byte, error) {
	n, err := readInt(src)
	if err != nil {
		return dst, err
	}
	return strconv.AppendInt(dst, n, 10), nil
}

// readInt reads an integer of any of the three sizes.
func readInt(src []byte) (int64, error) {
	switch len(src) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(src))), nil
	case 4:
		return int64(int32(binary.BigEndian.Uint32(src))), nil
	case 8:
		return int64(binary.BigEndian.Uint64(src)), nil
	}
	return 0, errWire
}

func appendFloat(dst, src []byte) ([]byte, error) {
	switch len(src) {
	case 8:
		return canon.AppendFloat(dst, math.Float64frombits(binary.BigEndian.Uint64(src))), nil
	case 4:
		// 0.1 as real is 0.1, not the double next to it.
		var text [32]byte
		single := float64(math.Float32frombits(binary.BigEndian.Uint32(src)))
		double, err := strconv.ParseFloat(string(strconv.AppendFloat(text[:0], single, 'g', -1, 32)), 64)
		return canon.AppendFloat(dst, double), err
	}
	return dst, errWire
}

func appendUUID(dst, src []byte) ([]byte, error) {
	if len(src) != 16 {
		return dst, errWire
	}
	return append(canon.AppendUUID(append(dst, '"'), [16]byte(src)), '"'), nil
}
