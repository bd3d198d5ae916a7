package store

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/internal/fulltext"
)

// SearchName returns the name of the index that [OpSearch] reads for a column:
// an index over [SearchFunction] on PostgreSQL, on SQLite a table of words that
// triggers keep. It is for tools that manage the schema.
func SearchName(c *Column) string { return c.Table.Name + "_" + c.Name + "_search" }

// SearchKeys returns the name of SQLite's table that gives the rows of a search
// index numbers. The rows' own do not stay: VACUUM may change them.
func SearchKeys(c *Column) string { return SearchName(c) + "_keys" }

// SearchFunction is the function of PostgreSQL that makes words of a text.
const SearchFunction = "plinth_search"

// checkSearchable rejects a tag that the engines cannot implement.
func (c *Column) checkSearchable() error {
	switch {
	case !c.Searchable:
		return nil
	case c.Kind != KindText:
		return fmt.Errorf("store: %s.%s is %s, and only text is searchable", c.Table.Name, c.Name, c.Kind)
	case c.Table.View:
		return fmt.Errorf("store: %s.%s: a column of a view is not searchable, because it has no index", c.Table.Name, c.Name)
	case c.Mode == Secret:
		return fmt.Errorf("store: %s.%s: a secret column is not searchable, because its words would be in an index", c.Table.Name, c.Name)
	}
	return nil
}

// search writes OpSearch. On SQLite the index finds candidates and a function checks
// them, because SQLite does not fold the case of every script.
func (c *compiler) search(s source, col *Column, v any) error {
	text, err := col.pattern(OpSearch, v)
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
func (c *compiler) candidates(s source, col *Column, match string) {
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
