package postgres

import (
	"encoding/binary"
	"math"

	"github.com/seed-7694ebf6/plinth/internal/canon"
)

// PostgreSQL counts from the year 2000, canon from 1970.
const (
	daysTo2000   = 10_957
	microsPerDay = 86_400_000_000
	microsTo2000 = daysTo2000 * microsPerDay
)

// appendTimestamp appends a timestamp, with or without zone: both arrive as
// microseconds, and the session's zone is UTC.
func appendTimestamp(dst, src []byte) ([]byte, error) {
	if len(src) != 8 {
		return dst, errWire
	}
	micros := int64(binary.BigEndian.Uint64(src))
	if micros == math.MaxInt64 || micros == math.MinInt64 {
		return append(dst, null...), nil
	}
	return append(canon.AppendTimestampMicros(append(dst, '"'), micros+microsTo2000), '"'), nil
}

func appendDate(dst, src []byte) ([]byte, error) {
	if len(src) != 4 {
		return dst, errWire
	}
	days := int32(binary.BigEndian.Uint32(src))
	if days == math.MaxInt32 || days == math.MinInt32 {
		return append(dst, null...), nil
	}
	return append(canon.AppendDateDays(append(dst, '"'), int64(days)+daysTo2000), '"'), nil
}
