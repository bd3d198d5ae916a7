package pgrst

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Range narrows a read to the rows the Range header asks for, as "0-9" or "5-",
// counted from 0 as in offset, both ends included; "items=0-9" says the same. It
// holds beside limit and offset: what remains is what both allow, and if that is
// nothing the answer is 416. It returns the query string that asks for the same
// without the header, which names the answer.
//
// The header is for GET only, and is ignored where it does not count items or
// cannot be understood (RFC 9110 section 14.2).
func (r *Read) Range(header http.Header, rawQuery string, lim Limits) (string, error) {
	first, last, ok := rangeHeader(header)
	q := &r.Query
	if !ok || q.Limit != nil && *q.Limit == 0 {
		return rawQuery, nil
	}
	if last < first {
		return "", unsatisfiable("The lower boundary must be lower than or equal to the upper boundary in the Range header.")
	}
	first = max(first, q.Offset)
	if q.Limit != nil {
		last = min(last, q.Offset+*q.Limit-1)
	}
	switch {
	case last < first:
		return "", unsatisfiable("The rows of the Range header are not among those of limit and offset.")
	case first > lim.Offset:
		return "", &LimitError{Limit: "offset", Max: lim.Offset, Unit: "rows", Got: shortenHeader("Range: " + header["Range"][0])}
	case last < math.MaxInt && last-first >= lim.Rows:
		return "", &LimitError{Limit: "limit", Max: lim.Rows, Unit: "rows", Got: shortenHeader("Range: " + header["Range"][0])}
	}
	q.Offset = first
	if last < math.MaxInt {
		q.Limit = store.Limit(last - first + 1)
	}
	return withRange(rawQuery, q), nil
}

// rangeHeader reads the Range header; last is math.MaxInt where it has no end.
func rangeHeader(header http.Header) (first, last int, ok bool) {
	lines := header["Range"]
	if len(lines) != 1 {
		return 0, 0, false
	}
	if unit := header["Range-Unit"]; len(unit) > 1 || len(unit) == 1 && unit[0] != "items" {
		return 0, 0, false
	}
	from, to, found := strings.Cut(strings.TrimPrefix(lines[0], "items="), "-")
	if !found {
		return 0, 0, false
	}
	if first, ok = position(from); !ok {
		return 0, 0, false
	}
	if to == "" {
		return first, math.MaxInt, true
	}
	last, ok = position(to)
	return first, last, ok
}

// position reads digits. What no row can have as its number is as good as the
// largest number that one can have.
func position(text string) (int, bool) {
	n := 0
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(n*10+int(c-'0'), math.MaxInt32)
	}
	return n, text != ""
}

func unsatisfiable(details string) error {
	return &problem.Error{Code: problem.BadRange, Message: "Requested range not satisfiable", Details: details}
}

// withRange replaces limit and offset in a query string by those of the query.
func withRange(rawQuery string, q *query.Query) string {
	var pairs []string
	for pair := range strings.SplitSeq(rawQuery, "&") {
		raw, _, _ := strings.Cut(pair, "=")
		if key, _ := decode(raw, true); pair != "" && key != "limit" && key != "offset" {
			pairs = append(pairs, pair)
		}
	}
	if q.Limit != nil {
		pairs = append(pairs, "limit="+strconv.Itoa(*q.Limit))
	}
	if q.Offset > 0 {
		pairs = append(pairs, "offset="+strconv.Itoa(q.Offset))
	}
	return strings.Join(pairs, "&")
}
