package query

import (
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/fulltext"
)

// DefaultTextSearch is the configuration of a [FullText] that names none. It has no
// stemming and no stop words. The server's own default is not used because it differs
// between servers.
const DefaultTextSearch = "simple"

// FullText is the operand of [OpFullText] and its like. A [Text] or a string is one
// in the default configuration.
type FullText struct {
	// Config is the name of a text search configuration of the server, such
	// as "english". Empty takes [DefaultTextSearch].
	Config string
	// Query is the argument of the function: of to_tsquery for OpFullText.
	Query string
}

// String returns the operand as text for people.
func (f FullText) String() string { return fmt.Sprintf("(%s) %q", f.Configuration(), f.Query) }

// Configuration returns the name of the configuration in lower case.
func (f FullText) Configuration() string {
	if f.Config == "" {
		return DefaultTextSearch
	}
	return strings.ToLower(f.Config)
}

// fullText reports whether an operator is PostgreSQL's own full text search.
func (op Op) fullText() bool { return op >= OpFullText && op <= OpFullTextWeb }

// FullTextQuery returns the argument of an operator's function as it is bound.
func FullTextQuery(op Op, query string) (string, error) {
	switch op {
	case OpFullText:
		return fulltext.TSQuery(query)
	case OpFullTextWeb:
		return fulltext.WebSearch(query), nil
	}
	return fulltext.PlainText(query), nil
}
