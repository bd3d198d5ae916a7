package pgrst

import (
	"cmp"
	"strconv"

	"github.com/seed-7694ebf6/plinth/internal/bounds"
	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// Limits bounds one request. A request beyond a limit is rejected with a [*LimitError]
// that names the limit. Parsers do not apply defaults; see [Limits.WithDefaults].
type Limits struct {
	// Query is the length of the query string in bytes, as sent. Defaults to
	// 8192.
	Query int

	// Params is the number of parameters in the query string. Defaults to 64.
	Params int

	// Rows is the largest limit, of the read and of each embed, and what an
	// embed without a limit gets. Defaults to 1000.
	Rows int

	// Offset is the largest offset. Defaults to 100000.
	Offset int

	// In is the number of elements of one in list. Defaults to 1000.
	In int

	// Elements is the number of members and elements, on all levels, of the documents
	// and arrays that cs, cd and ov of a request compare with. Each may be looked for
	// in all of a row's document. Defaults to 100.
	Elements int

	// Select is the number of items in select, embeds and their items
	// included. Defaults to 100.
	Select int

	// Aggregates is the number of aggregate functions of a request, on all
	// levels. Defaults to 16.
	Aggregates int

	// Embeds is the number of embeds of a request, on all levels. Defaults
	// to 8.
	Embeds int

	// EmbedDepth is how deep embeds nest; an embed in the root is of depth 1.
	// Defaults to 4.
	EmbedDepth int

	// Predicates is the number of comparisons of a request. Defaults to 50.
	Predicates int

	// GroupDepth is how deep and/or groups nest; a group that is a parameter
	// is of depth 1. Defaults to 8.
	GroupDepth int

	// Order is the number of order keys of a request. Defaults to 16.
	Order int

	// Columns is the number of names in columns and in on_conflict. Defaults
	// to 256.
	Columns int

	// Fields is the number of fields in a record of CSV and in a form. Defaults
	// to 1600, the most columns a table of PostgreSQL can have.
	Fields int

	// Path is how many steps a path leads into a JSON document. Defaults to 8.
	Path int

	// Pattern is the length of a regular expression or a full text query in
	// bytes. Defaults to 512.
	Pattern int

	// Wildcards is the number of wildcards * and % in one like pattern; each
	// may cost another pass over the text. Defaults to 16.
	Wildcards int

	// Search is the number of words of one search. Defaults to 16; more than
	// 32 are never possible.
	Search int
}

// WithDefaults returns the limits with the default of each that is zero or less. It is
// for the start of a server, once for all requests.
func (l Limits) WithDefaults() Limits {
	set := func(field *int, value int) { *field = cmp.Or(max(*field, 0), value) }
	set(&l.Query, bounds.Query)
	set(&l.Params, bounds.Params)
	set(&l.Rows, 1000)
	set(&l.Offset, 100_000)
	set(&l.In, 1000)
	set(&l.Elements, 100)
	set(&l.Select, 100)
	set(&l.Aggregates, 16)
	set(&l.Embeds, 8)
	set(&l.EmbedDepth, 4)
	set(&l.Predicates, 50)
	set(&l.GroupDepth, 8)
	set(&l.Order, 16)
	set(&l.Columns, 256)
	set(&l.Fields, 1600)
	set(&l.Path, 8)
	set(&l.Pattern, 512)
	set(&l.Wildcards, 16)
	set(&l.Search, 16)
	l.Search = min(l.Search, fulltext.MaxTerms)
	return l
}

// LimitError reports a request that asks for more than a limit allows.
type LimitError struct {
	Limit string // name of the limit, as the client knows it: "limit", "in"
	Max   int    // largest number allowed
	Unit  string // what is counted: "rows"
	Got   string // what was asked for, shortened; empty if it cannot be said short
	Code  string // on the wire; empty is problem.LimitExceeded
}

// Error describes the breach.
func (e *LimitError) Error() string { return "pgrst: " + e.text() }

// Problem returns the code of the error on the wire.
func (e *LimitError) Problem() string { return cmp.Or(e.Code, problem.LimitExceeded) }

// ProblemText returns message, details and hint for a client.
func (e *LimitError) ProblemText() (message, details, hint string) { return e.text(), "", "" }

func (e *LimitError) text() string {
	text := e.Limit + ": at most " + strconv.Itoa(e.Max) + " " + e.Unit
	if e.Got != "" {
		text += " (" + e.Got + ")"
	}
	return text
}
