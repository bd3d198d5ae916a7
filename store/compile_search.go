package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/fulltext"
)

var fullTextFunctions = [...]string{
	OpFullText: "to_tsquery", OpFullTextPlain: "plainto_tsquery", OpFullTextPhrase: "phraseto_tsquery", OpFullTextWeb: "websearch_to_tsquery",
}

// fullText writes one of the comparisons of PostgreSQL's own search. The names of
// configurations are bound, and are names that the server had at start-up.
func (c *conds) fullText(s source, col *Column, op Op, v any) error {
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

// search writes OpSearch. On SQLite the index finds candidates and a function checks
// them, because SQLite does not fold the case of every script.
func (c *conds) search(s source, col *Column, v any) error {
	text, err := checkedPattern(col, OpSearch, v)
	if err != nil {
		return err
	}
	q, err := fulltext.Parse(text)
	if err != nil {
		return err
	}
	if c.pg {
		find := func() error {
			c.write(SearchFunction, "(")
			c.column(s, col)
			c.write(") @@ ")
			c.placeholder(q.TSQuery())
			c.write("::tsquery")
			return nil
		}
		if c.unindexed {
			return c.ofShown(s, col, find)
		}
		return find()
	}
	match, ok := q.FTS5()
	ok = ok && !c.unindexed
	if ok {
		c.write("(")
		c.candidates(s, col, match)
		c.write(" and ")
	}
	err = c.ofShown(s, col, func() error {
		c.write("pl_search(")
		c.bind(KindText, text)
		c.write(", ")
		c.column(s, col)
		c.write(")")
		return nil
	})
	if ok {
		c.write(")")
	}
	return err
}

// candidates writes that SQLite's index of a column has a row for a query.
func (c *conds) candidates(s source, col *Column, match string) {
	words, keys := c.alias(), c.alias()
	c.write("(")
	c.keyList(s)
	c.write(") in (select ")
	c.keyList(source{table: s.table, alias: keys})
	index := quoteIdent(SearchName(col))
	c.write(" from ", index, " ", words, " cross join ", quoteIdent(SearchKeys(col)), " ", keys)
	c.write(" on ", keys, `."row?" = `, words, ".rowid where ", words, ".", index, " match ")
	c.bind(KindText, match)
	c.write(")")
}
