package core

import (
	"context"
	"errors"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// ErrTuple reports extra values that do not have the form of their shape.
var ErrTuple = errors.New("store: extra values do not have the expected form")

// Placeholders turns $1 into ?1 on SQLite. The text must not have other dollar
// signs.
func (db *DB) Placeholders(text string) string {
	if db.Engine.Postgres() {
		return text
	}
	return strings.ReplaceAll(text, "$", "?")
}

// Tuples runs a statement and calls each with the extra values of every row, in
// the JSON of their kinds. They must not be kept. An answer that is too large is
// read as far as it came before the error is returned.
func (s Session) Tuples(ctx context.Context, st *driver.Statement, each func(values [][]byte) error) error {
	var r driver.Result
	failed := s.Query(ctx, st, &r)
	if failed != nil && !errors.Is(failed, fault.ErrTooLarge) {
		return failed
	}
	if err := eachTuple(r.Extra, len(st.Shape.Extra), each); err != nil {
		return err
	}
	return failed
}

// eachTuple takes the extra values of rows apart, so many of each.
func eachTuple(extra []byte, n int, each func(values [][]byte) error) error {
	values := make([][]byte, 0, n)
	rest, more := extra, len(extra) > 0
	for more {
		var ok bool
		if rest, ok = value.CutByte(rest, '['); !ok {
			return ErrTuple
		}
		values = values[:0]
		for {
			end := value.SkipJSON(rest)
			if end <= 0 {
				return ErrTuple
			}
			values = append(values, rest[:end])
			if rest, ok = value.CutByte(rest[end:], ','); !ok {
				break
			}
		}
		if rest, ok = value.CutByte(rest, ']'); !ok || len(values) != n {
			return ErrTuple
		}
		if err := each(values); err != nil {
			return err
		}
		rest, more = value.CutByte(rest, ',')
	}
	return nil
}
