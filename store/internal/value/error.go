package value

import (
	"strings"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// FormError reports a value of the wrong form: a string where a number is
// wanted. The text is for the client.
type FormError string

func (e FormError) Error() string { return string(e) }

// maxQuoted is how many characters of a value an error repeats.
const maxQuoted = 64

// NotA returns the error for a text that is not a value of a type.
func NotA(wanted, text string, cause error) error { return &notA{wanted, text, cause} }

// notA is the error for a text that is not a value of a type.
type notA struct {
	wanted, text string
	cause        error
}

// Error names the type and the text.
func (e *notA) Error() string { return "store: not " + e.wanted + ": " + ShortQuote(e.text) }

// Wanted names the type, for the message that names the member.
func (e *notA) Wanted() string { return e.wanted }

// Unwrap returns the cause.
func (e *notA) Unwrap() error { return e.cause }

// ShortQuote repeats a value in a message.
func ShortQuote(s string) string {
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

// PGName is the name of the type as PostgreSQL's messages have it.
func (g *GoType) PGName() string {
	switch g.Kind {
	case driver.KindInt:
		switch {
		case g.Bits < 16 || g.Bits == 16 && !g.Unsigned:
			return "smallint"
		case g.Bits < 32 || g.Bits == 32 && !g.Unsigned:
			return "integer"
		}
		return "bigint"
	case driver.KindFloat:
		if g.Bits == 32 {
			return "real"
		}
		return "double precision"
	case driver.KindDecimal:
		return "numeric"
	case driver.KindTimestamp:
		return "timestamp with time zone"
	case driver.KindBytes:
		return "bytea"
	case driver.KindTextArray:
		return "text[]"
	}
	return g.Kind.String()
}
