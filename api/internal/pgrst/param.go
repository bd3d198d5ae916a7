package pgrst

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// param is one key=value of a query string, decoded.
type param struct {
	key, value string
	depth      int // embeds in key
}

// splitParams decodes the parameters of a query string into buf, in order. What
// has no "=" is no parameter, but must be decodable all the same.
func splitParams(raw string, buf []param, lim *Limits) ([]param, error) {
	if len(raw) > lim.Query {
		return nil, &LimitError{Limit: "query string", Max: lim.Query, Unit: "bytes", Got: strconv.Itoa(len(raw)), Code: problem.URLTooLong}
	}
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		rawKey, rawValue, valued := strings.Cut(pair, "=")
		key, err := decode(rawKey, true)
		if err != nil {
			return nil, err
		}
		value, err := decode(rawValue, true)
		if err != nil {
			return nil, err
		}
		if !valued {
			continue
		}
		if len(buf) == lim.Params {
			return nil, &LimitError{Limit: "query string", Max: lim.Params, Unit: "parameters"}
		}
		buf = append(buf, param{key: key, value: value})
	}
	return buf, nil
}

// decode undoes percent-encoding, and where query is set reads + as space. It is
// strict: half an escape, NUL and what is not UTF-8 are errors.
func decode(raw string, query bool) (string, error) {
	plain, escapes := true, 0
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '%':
			if i+2 >= len(raw) || unhex(raw[i+1]) > 15 || unhex(raw[i+2]) > 15 {
				return "", badEncoding("invalid percent-encoding", raw)
			}
			plain = false
			escapes++
		case c == '+' && query, c >= utf8.RuneSelf, c == 0:
			plain = false
		}
	}
	if plain {
		return raw, nil
	}
	text := raw
	if escapes > 0 || query {
		text = unescape(raw, query, len(raw)-2*escapes)
	}
	if strings.IndexByte(text, 0) >= 0 {
		return "", badEncoding("NUL character", raw)
	}
	if !utf8.ValidString(text) {
		return "", badEncoding("invalid UTF-8", raw)
	}
	return text, nil
}

// unescape decodes raw to size bytes. All escapes in raw must be complete.
func unescape(raw string, query bool, size int) string {
	var b strings.Builder
	b.Grow(size)
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '%':
			b.WriteByte(unhex(raw[i+1])<<4 | unhex(raw[i+2]))
			i += 2
		case c == '+' && query:
			b.WriteByte(' ')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// unhex returns the value of a hexadecimal digit, and more than 15 for others.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// badEncoding returns an error that quotes raw without decoding its escapes. Other bytes
// are made printable, so that the message is always valid UTF-8.
func badEncoding(reason, raw string) error {
	return &problem.Error{Code: problem.BadQuery, Message: reason + " in the URL", Details: strconv.QuoteToASCII(errtext.Quote(raw))}
}
