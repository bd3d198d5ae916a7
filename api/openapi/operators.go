package openapi

import (
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/catalog"
	"github.com/seed-7694ebf6/plinth/store"
)

// operators are the comparisons of filters, with the kinds of columns that have
// them.
var operators = []struct {
	word string
	has  func(store.Kind) bool
}{
	{"eq", every},
	{"neq", every},
	{"gt", store.Kind.Ordered},
	{"gte", store.Kind.Ordered},
	{"lt", store.Kind.Ordered},
	{"lte", store.Kind.Ordered},
	{"in", every},
	{"is", every},
	{"like", isText},
	{"ilike", isText},
	{"match", isText},
	{"imatch", isText},
	{"isdistinct", every},
	{"cs", holdsParts},
	{"cd", holdsParts},
	{"ov", isArray},
}

func every(store.Kind) bool        { return true }
func isArray(k store.Kind) bool    { return k == store.KindTextArray }
func holdsParts(k store.Kind) bool { return isArray(k) || k == store.KindJSON }
func isText(k store.Kind) bool     { return k == store.KindText }

// reserved are the words that are no filters on a column of that name; the
// column is then written in quotes.
var reserved = []string{"select", "columns", "on_conflict", "after", "order", "limit", "offset", "and", "or"}

// What the operators of searchable columns take.
const (
	searchText = " Of words all must occur, in any order and any case: `search.hello wor* -bye` finds hello and a word that begins with wor, without bye."

	fullTextText = " PostgreSQL's own search takes the name of a configuration, or none, which stems nothing: `fts(english).cat & (rat|!dog)` by operators, " +
		"`plfts.cat rat` all words, `phfts.cat rat` words in a row, `wfts.\"cat rat\" or -dog` as search engines do."
)

// filter returns the parameter that filters by a column.
func (b *builder) filter(c *store.Column) Parameter {
	name := c.Name
	if slices.Contains(reserved, name) {
		name = `"` + name + `"`
	}
	var words []string
	for _, op := range operators {
		if op.has(c.Kind) {
			words = append(words, "`"+op.word+"`")
		}
	}
	about := ""
	if c.Searchable {
		words, about = append(words, "`search`"), searchText
		if b.api.FullText {
			words, about = append(words, "`fts`", "`plfts`", "`phfts`", "`wfts`"), searchText+fullTextText
		}
	}
	return Parameter{
		Name: name, In: "query", Schema: text(),
		Description: "Filter by " + c.Name + " (" + c.Kind.String() + "), as `operator.value`, negated as `not.operator.value`, with one of several values as `operator(any).{a,b}`: " +
			strings.Join(words, ", ") + "." + about,
	}
}

// filterKey is the name of the parameter among the components: tables and
// columns have no dots.
func filterKey(t *catalog.Table, c *store.Column) string {
	return "filter." + t.Table.Name + "." + c.Name
}
