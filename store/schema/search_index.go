package schema

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// SearchName returns the name of the index that query.OpSearch reads for a column:
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
	case c.Kind != driver.KindText:
		return fmt.Errorf("store: %s.%s is %s, and only text is searchable", c.Table.Name, c.Name, c.Kind)
	case c.Table.View:
		return fmt.Errorf("store: %s.%s: a column of a view is not searchable, because it has no index", c.Table.Name, c.Name)
	case c.Mode == Secret:
		return fmt.Errorf("store: %s.%s: a secret column is not searchable, because its words would be in an index", c.Table.Name, c.Name)
	}
	return nil
}
