package store

import "strings"

// formError reports a value of the wrong form: a string where a number is
// wanted. The text is for the client.
type formError string

func (e formError) Error() string { return string(e) }

// maxQuoted is how many characters of a value an error repeats.
const maxQuoted = 64

// notValue returns the error for a text that is not a value of a type.
func notValue(wanted, text string, cause error) error { return &notA{wanted, text, cause} }

// notA is the error for a text that is not a value of a type.
type notA struct {
	wanted, text string
	cause        error
}

// Error names the type and the text.
func (e *notA) Error() string { return "store: not " + e.wanted + ": " + shortQuote(e.text) }

// Wanted names the type, for the message that names the member.
func (e *notA) Wanted() string { return e.wanted }

// Unwrap returns the cause.
func (e *notA) Unwrap() error { return e.cause }

// shortQuote repeats a value in a message.
func shortQuote(s string) string {
	n, dots := 0, ""
	for i := range s { // which may be as long as a body, so it is cut before it is copied
		if n == maxQuoted {
			s, dots = s[:i], "..."
			break
		}
		n++
	}
	return `"` + strings.ToValidUTF8(s, "\uFFFD") + dots + `"`
}

// pgName is the name of the type as PostgreSQL's messages have it.
func (g *goType) pgName() string {
	switch g.kind {
	case KindInt:
		switch {
		case g.bits < 16 || g.bits == 16 && !g.unsigned:
			return "smallint"
		case g.bits < 32 || g.bits == 32 && !g.unsigned:
			return "integer"
		}
		return "bigint"
	case KindFloat:
		if g.bits == 32 {
			return "real"
		}
		return "double precision"
	case KindDecimal:
		return "numeric"
	case KindTimestamp:
		return "timestamp with time zone"
	case KindBytes:
		return "bytea"
	case KindTextArray:
		return "text[]"
	}
	return g.kind.String()
}
