package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// formError reports a value of the wrong form: a string where a number is
// wanted. The text is for the client.
type formError string

func (e formError) Error() string { return string(e) }

// maxQuoted is how many characters of a value an error repeats.
const maxQuoted = 64

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

// valueError puts a failure in PostgreSQL's words. The value is repeated only
// for columns a client may know; an empty value is not repeated either.
func (c *Column) valueError(err error, value string) error {
	e := &ValueError{Column: c.Name, Code: "22P02"}
	quoted := ""
	if value != "" && c.Mode < Hidden {
		quoted = ": " + shortQuote(value)
	}
	name := c.goType.pgName()
	var form formError
	var syntax *strictjson.SyntaxError
	switch {
	case errors.As(err, &form):
		e.Reason = string(form)
	case errors.Is(err, errText):
		e.Code, e.Reason = "22021", errText.Error()
	case errors.Is(err, canon.ErrRange):
		e.Code, e.Reason = "22003", "value is out of range for type "+name+quoted
		if c.Kind == KindTimestamp || c.Kind == KindDate {
			e.Code, e.Reason = "22008", "date/time field value out of range"+quoted
		}
	case errors.As(err, &syntax) && c.Mode < Hidden:
		e.Reason = "invalid input syntax for type json: " + syntax.Reason
	default:
		if c.Kind == KindTimestamp || c.Kind == KindDate {
			e.Code = "22007"
		}
		e.Reason = "invalid input syntax for type " + name + quoted
	}
	return e
}

// goError is the error of a value that Go code gave: a [ValueError] for one the
// column cannot hold, else the codec's own.
func (c *Column) goError(err error) error {
	var form formError
	if errors.As(err, &form) || isAny(err, errText, canon.ErrRange, canon.ErrSyntax) {
		return c.valueError(err, "")
	}
	return fmt.Errorf("store: %s.%s: %w", c.Table.Name, c.Name, err)
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
