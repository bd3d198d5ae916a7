package postgres

import (
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// appendTextValue appends a value that arrived in PostgreSQL's text form,
// because the statement has cast it, in the JSON form of its kind.
func appendTextValue(dst []byte, kind driver.Kind, src []byte) ([]byte, error) {
	switch kind {
	case driver.KindBool:
		switch string(src) {
		case "t", "true":
			return append(dst, "true"...), nil
		case "f", "false":
			return append(dst, "false"...), nil
		}
		return dst, errWire
	case driver.KindInt:
		n, err := canon.ParseInt(string(src))
		if err != nil {
			return dst, errWire
		}
		return strconv.AppendInt(dst, n, 10), nil
	case driver.KindFloat:
		return appendTextFloat(dst, string(src))
	case driver.KindDecimal:
		return appendTextDecimal(dst, string(src))
	case driver.KindTimestamp:
		return appendTextTimestamp(dst, string(src))
	case driver.KindDate, driver.KindUUID, driver.KindBytes:
		return strictjson.AppendStringBytes(dst, src), nil
	case driver.KindTextArray:
		// What to_json makes of an array; the cast to text is not JSON.
		if len(src) == 0 || src[0] != '[' {
			return dst, errWire
		}
		return appendJSON(dst, pgtype.TextOID, src)
	}
	return dst, errWire
}

func appendTextFloat(dst []byte, s string) ([]byte, error) {
	switch s {
	case "NaN", "Infinity", "-Infinity":
		return append(dst, null...), nil
	}
	f, err := canon.ParseFloat(s)
	if err != nil {
		return dst, errWire
	}
	return canon.AppendFloat(dst, f), nil
}

func appendTextDecimal(dst []byte, s string) ([]byte, error) {
	switch s {
	case "NaN", "Infinity", "-Infinity":
		return append(dst, null...), nil
	}
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	if !areDigits(whole) || len(whole) > 1 && whole[0] == '0' || point && !areDigits(fraction) {
		return dst, errWire
	}
	return append(dst, s...), nil
}

func appendTextTimestamp(dst []byte, s string) ([]byte, error) {
	if s == "infinity" || s == "-infinity" {
		return append(dst, null...), nil
	}
	t, err := canon.ParseTimestamp(s)
	if err != nil {
		return dst, errWire
	}
	return append(canon.AppendTimestamp(append(dst, '"'), t), '"'), nil
}

func areDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
