package pgrst

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Unknown is a total that was not counted.
const Unknown int64 = -1

// ReadRange returns Content-Range of a read that answers n rows from offset on,
// of total rows or Unknown.
func ReadRange(offset, n int, total int64) string {
	if n <= 0 || total == 0 {
		return contentRange(-1, 0, total)
	}
	return contentRange(offset, offset+n-1, total)
}

// WriteRange returns Content-Range of a write of n rows. If counted is set, which is the
// preference count=exact, it contains their number.
func WriteRange(method string, n int, counted bool) string {
	total := Unknown
	if counted {
		total = int64(n)
	}
	if method == http.MethodPatch && n > 0 {
		return contentRange(0, n-1, total)
	}
	return contentRange(-1, 0, total)
}

// contentRange writes first-last/total; a negative first or total is a star.
func contentRange(first, last int, total int64) string {
	buf := make([]byte, 0, 32)
	if first < 0 {
		buf = append(buf, '*')
	} else {
		buf = strconv.AppendInt(buf, int64(first), 10)
		buf = append(buf, '-')
		buf = strconv.AppendInt(buf, int64(last), 10)
	}
	buf = append(buf, '/')
	if total < 0 {
		buf = append(buf, '*')
	} else {
		buf = strconv.AppendInt(buf, total, 10)
	}
	return string(buf)
}

// ReadStatus returns the status of a read that answers n rows from offset on, of
// total rows or Unknown: 206 if it is known that these are not all. More says
// that rows were left out because the request had no limit of its own. An offset
// beyond a known total is a PGRST103 (416).
func ReadStatus(offset, n int, total int64, more bool) (int, error) {
	switch {
	case total >= 0 && int64(offset) > total:
		return 0, unsatisfiable("An offset of " + strconv.Itoa(offset) + " was requested, but there are only " +
			strconv.FormatInt(total, 10) + " rows.")
	case more, total >= 0 && int64(n) < total:
		return http.StatusPartialContent, nil
	}
	return http.StatusOK, nil
}

// WriteStatus returns the status of a write that succeeded. Created says that a
// POST or PUT made at least one new row; a POST that only merged into rows that
// were there answers 200.
func WriteStatus(method string, prefer Prefer, created bool) int {
	represent := prefer.Return == ReturnRepresentation
	switch {
	case method == http.MethodPost && (created || prefer.Resolution != MergeDuplicates):
		return http.StatusCreated
	case method == http.MethodPut && created && represent:
		return http.StatusCreated
	case method == http.MethodPost, represent:
		return http.StatusOK
	}
	return http.StatusNoContent
}

// ContentLocation returns the value of Content-Location of a read: the path of the URL
// with the parameters sorted by key. Equivalent requests therefore have the same value.
// Parameters of one key keep their order.
func ContentLocation(path, rawQuery string) string {
	if rawQuery == "" && printable(path) {
		return path
	}
	var buf [16]pair
	pairs := buf[:0]
	for text := range strings.SplitSeq(rawQuery, "&") {
		if key := strings.IndexByte(text, '='); key >= 0 {
			pairs = append(pairs, pair{text, key})
		}
	}
	var room [256]byte
	return string(appendSorted(appendPrintable(room[:0], path), pairs, ""))
}

// NextLink returns the value of Link (RFC 8288) for the page after cursor. It is the
// [ContentLocation] of the read with this cursor instead of a previous cursor or an
// offset. Path is relative to base. If the query would exceed most bytes, there is no
// link, because the request would be rejected.
func NextLink(base, path, rawQuery, cursor string, most int) string {
	var buf [16]pair
	pairs := buf[:0]
	for text := range strings.SplitSeq(rawQuery, "&") {
		if key := strings.IndexByte(text, '='); key >= 0 && text[:key] != "after" && text[:key] != "offset" {
			pairs = append(pairs, pair{text, key})
		}
	}
	var room [512]byte
	out := appendPrintable(appendPrintable(append(room[:0], '<'), base), path)
	query := len(out) + len("?")
	out = appendSorted(out, append(pairs, pair{after, len(after) - 1}), cursor)
	if len(out)-query > most {
		return ""
	}
	if target := out[1:]; bytes.IndexByte(target, '<') >= 0 || bytes.IndexByte(target, '>') >= 0 { // would end the brackets
		escaped := angleEscaper.Replace(string(target))
		out = append(out[:1], escaped...)
	}
	return string(append(out, `>; rel="next"`...))
}

var angleEscaper = strings.NewReplacer("<", "%3C", ">", "%3E")

// pair is a parameter as it stands in a query string, and where its key ends.
type pair struct {
	text string
	key  int
}

// after is the parameter that a cursor stands behind.
const after = "after="

// appendSorted appends the parameters of a query string in the order of their keys,
// and a cursor behind the one that is for it.
func appendSorted(out []byte, pairs []pair, cursor string) []byte {
	slices.SortStableFunc(pairs, func(a, b pair) int { return strings.Compare(a.text[:a.key], b.text[:b.key]) })
	for i, p := range pairs {
		separator := byte('&')
		if i == 0 {
			separator = '?'
		}
		out = appendPrintable(append(out, separator), p.text)
		if p.text == after {
			out = appendPrintable(out, cursor)
		}
	}
	return out
}

// Location returns the value of Location for a new row: the path of its table as
// it stands in the URL, and a filter on each column of the key.
func Location(path string, columns, values []string) string {
	out := appendPrintable(nil, path)
	for i, column := range columns {
		separator := byte('&')
		if i == 0 {
			separator = '?'
		}
		out = appendEscaped(append(out, separator), quoteName(column))
		out = append(out, "=eq."...)
		out = appendEscaped(out, values[i])
	}
	return string(out)
}

// quoteName quotes a name that a key of the query string could not hold as it is:
// one with other characters, or one of the reserved words.
func quoteName(name string) string {
	embeds, last, err := new(parser).parseKey(name, nil) // paths are beyond its limits
	if err == nil && len(embeds) == 0 && !last.quoted && last.name == name && !Reserved(name) {
		return name
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}

// Reserved reports whether a key on the top level of a query string is a word of the wire.
func Reserved(key string) bool {
	switch key {
	case "order", "limit", "offset", "and", "or":
		return true
	}
	return reservedAtRoot(key)
}

const hexDigits = "0123456789ABCDEF"

// appendPrintable appends text that is escaped already, and escapes what must
// not stand in a header all the same.
func appendPrintable(out []byte, text string) []byte {
	if printable(text) {
		return append(out, text...)
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		if !isPrintable(c) {
			out = append(out, '%', hexDigits[c>>4], hexDigits[c&15])
			continue
		}
		out = append(out, c)
	}
	return out
}

func isPrintable(c byte) bool { return ' ' < c && c < 0x7f }

// printable reports whether a text may stand in a header as it is.
func printable(text string) bool {
	for i := range len(text) {
		if !isPrintable(text[i]) {
			return false
		}
	}
	return true
}

// appendEscaped appends text with all but the unreserved characters of RFC 3986
// section 2.3 escaped.
func appendEscaped(out []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '.', c == '_', c == '~':
			out = append(out, c)
		default:
			out = append(out, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return out
}
