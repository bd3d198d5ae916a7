package pgrst

import (
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// shortenHeader returns what a message repeats of a header, which may be no UTF-8.
func shortenHeader(text string) string { return errtext.Quote(strings.ToValidUTF8(text, "?")) }

// parseError is a problem.BadQuery in PostgREST's words: what was being read, the text,
// the place, and what was found and expected there. column counts from 1.
func parseError(what, text string, line, column int, details string) *problem.Error {
	var b strings.Builder
	b.WriteString(`"failed to parse `)
	b.WriteString(what)
	b.WriteString(" (")
	b.WriteString(errtext.Quote(text))
	b.WriteString(`)" (line `)
	b.WriteString(strconv.Itoa(line))
	b.WriteString(", column ")
	b.WriteString(strconv.Itoa(column))
	b.WriteByte(')')
	return &problem.Error{Code: problem.BadQuery, Message: b.String(), Details: details}
}

// unsupported is the error for what the grammar has and the library has not.
func unsupported(what string) *problem.Error {
	return &problem.Error{Code: problem.NotImplemented, Message: "Feature not implemented", Details: what + " not supported"}
}

// repeated is the error for a parameter that may be given once.
func repeated(key string) *problem.Error {
	return &problem.Error{
		Code:    problem.BadQuery,
		Message: "the parameter " + strconv.Quote(errtext.Quote(key)) + " is given more than once",
		Hint:    "Join the values into one parameter.",
	}
}

// notEmbedded is the error for a parameter of an embed that select lacks.
func notEmbedded(name string) *problem.Error {
	name = errtext.Quote(name)
	return &problem.Error{
		Code:    problem.NotEmbedded,
		Message: "'" + name + "' is not an embedded resource in this request",
		Hint:    "Verify that '" + name + "' is included in the 'select' query parameter.",
	}
}

// ambiguousEmbed is the error for a relation that select embeds several times.
func ambiguousEmbed(name string) *problem.Error {
	name = errtext.Quote(name)
	return &problem.Error{
		Code:    problem.NotEmbedded,
		Message: "'" + name + "' is embedded more than once in this request",
		Hint:    "Use the alias of the embed instead of '" + name + "'.",
	}
}
