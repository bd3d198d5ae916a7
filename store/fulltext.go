package store

import (
	"fmt"
	"slices"
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
func (f FullText) String() string { return fmt.Sprintf("(%s) %q", f.config(), f.Query) }

func (f FullText) config() string {
	if f.Config == "" {
		return DefaultTextSearch
	}
	return strings.ToLower(f.Config)
}

// fullText reports whether an operator is PostgreSQL's own full text search.
func (op Op) fullText() bool { return op >= OpFullText && op <= OpFullTextWeb }

var fullTextFunctions = [...]string{
	OpFullText: "to_tsquery", OpFullTextPlain: "plainto_tsquery", OpFullTextPhrase: "phraseto_tsquery", OpFullTextWeb: "websearch_to_tsquery",
}

// errNoFullText is the answer of an engine without configurations.
var errNoFullText error = &QueryError{Code: "PGRST127", Reason: "fts, plfts, phfts and wfts need PostgreSQL: use search, which both engines have"}

// checkFullText rejects a column that is not searchable, and an engine without full
// text search.
func (c *Column) checkFullText() error {
	switch {
	case !c.Searchable:
		return operatorError(c, "is not searchable")
	case !c.Table.db.dialect.Postgres():
		return errNoFullText
	}
	return nil
}

// fullText writes one of the comparisons of PostgreSQL's own search. The names of
// configurations are bound, and are names that the server had at start-up.
func (c *compiler) fullText(s source, col *Column, op Op, v any) error {
	f, ok := v.(FullText)
	if text, isText := v.(string); isText {
		f, ok = FullText{Query: text}, true
	}
	if !ok {
		return operatorError(col, "is not compared with a full-text query")
	}
	if err := checkText(f.Query); err != nil {
		return col.valueError(err, "")
	}
	query, err := fullTextQuery(op, f.Query)
	if err != nil {
		return &ValueError{Column: col.Name, Code: "42601", Reason: err.Error()}
	}
	config := f.config()
	if !slices.Contains(c.dialect.TextSearch, config) {
		return &ValueError{Column: col.Name, Code: "42704", Reason: fmt.Sprintf("text search configuration %s does not exist", shortQuote(config))}
	}
	c.write("to_tsvector(")
	c.placeholder(config)
	c.write("::regconfig, translate(left(")
	c.column(s, col)
	c.write(fullTextWords, " @@ (select ", fullTextFunctions[op], "(") // a subquery is evaluated once, not for each row
	c.placeholder(config)
	c.write("::regconfig, ")
	c.bind(KindText, query)
	c.write("))")
	return nil
}

// fullTextWords takes of a text what is searched: its beginning, without
// punctuation.
var fullTextWords = fmt.Sprintf(", %d), '%s', '%s'))", fulltext.MaxText,
	strings.ReplaceAll(fulltext.Punctuation, "'", "''"), strings.Repeat(" ", len(fulltext.Punctuation)))

// fullTextQuery returns the argument of an operator's function as it is bound.
func fullTextQuery(op Op, query string) (string, error) {
	switch op {
	case OpFullText:
		return fulltext.TSQuery(query)
	case OpFullTextWeb:
		return fulltext.WebSearch(query), nil
	}
	return fulltext.PlainText(query), nil
}
