package sqlite

import (
	sqldriver "database/sql/driver"
	"fmt"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// bindValue returns the form in which SQLite stores a value; see
// [driver.Kind] for the values that come. A list becomes a JSON array for
// json_each.
//
// [driver.Kind]: https://pkg.go.dev/github.com/seed-7694ebf6/plinth/store/driver#Kind
func bindValue(v any) (sqldriver.Value, error) {
	switch v := v.(type) {
	case nil, string, int64, float64, []byte:
		return v, nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case time.Time:
		return string(canon.AppendTimestamp(nil, v)), nil
	case int:
		return int64(v), nil
	case []string:
		return appendList(v, strictjson.AppendString), nil
	case []int64:
		return appendList(v, func(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }), nil
	case []float64:
		return appendList(v, canon.AppendFloat), nil
	case []bool:
		return appendList(v, appendBit), nil
	case []time.Time:
		return appendList(v, appendQuotedTime), nil
	}
	return nil, fmt.Errorf("sqlite: cannot bind %T", v)
}

// appendList returns a JSON array; a nil list is NULL.
func appendList[T any](list []T, element func([]byte, T) []byte) sqldriver.Value {
	if list == nil {
		return nil
	}
	b := append(make([]byte, 0, 2+16*len(list)), '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = element(b, v)
	}
	return string(append(b, ']'))
}

// appendBit writes a bool as the column holds it, so that json_each compares.
func appendBit(b []byte, v bool) []byte {
	if v {
		return append(b, '1')
	}
	return append(b, '0')
}

func appendQuotedTime(b []byte, t time.Time) []byte {
	return append(canon.AppendTimestamp(append(b, '"'), t), '"')
}
