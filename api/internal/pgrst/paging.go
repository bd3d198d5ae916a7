package pgrst

import (
	"math"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/store"
)

func (p *parser) limit(t *target, key, value string) error {
	if err := t.once(seenLimit, key); err != nil {
		return err
	}
	n, err := number("limit", key, value, p.lim.Rows)
	t.query.Limit = store.Limit(n)
	return err
}

func (p *parser) offset(t *target, key, value string) (err error) {
	if err := t.once(seenOffset, key); err != nil {
		return err
	}
	t.query.Offset, err = number("offset", key, value, p.lim.Offset)
	return err
}

// number reads a count of rows. A number below zero is a range that cannot be;
// what is no number is not understood.
func number(what, key, value string, limit int) (int, error) {
	s := scanner{what: what, text: value}
	negative := s.accept("-")
	start, n := s.pos, 0
	for ; !s.eof() && '0' <= s.peek() && s.peek() <= '9'; s.pos++ {
		if n <= math.MaxInt32 {
			n = n*10 + int(s.peek()-'0')
		}
	}
	switch {
	case s.pos == start:
		return 0, s.unexpected("digit")
	case !s.eof():
		return 0, s.unexpected("digit or end of input")
	case negative && n > 0:
		return 0, unsatisfiable(strings.ToUpper(what[:1]) + what[1:] + " should be greater than or equal to zero.")
	case n > limit:
		return 0, &LimitError{Limit: what, Max: limit, Unit: "rows", Got: errtext.Quote(key + "=" + value)}
	}
	return n, nil
}
