package store

import (
	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// dialect writes the SQL that differs between the engines. There are two: sqlite and
// postgres. A method writes into the text or the builder it is given.
// It takes no variadic arguments and no *Query: an interface would move them to the heap.
type dialect interface {
	// words returns what differs by a word.
	words() *words

	// placed writes what the place of a column leads to, total a column with a sum or an
	// average of floats, and parsed a text column read as a type.
	placed(t *text, s source, col *Column)
	total(t *text, s source, col *Column)
	parsed(t *text, s source, col *Column, cast string)

	// oneOf writes the test that the preceding expression is one of a list of values,
	// with a placeholder for the list.
	oneOf(t *text, k Kind, list any)

	// position binds a value of a cursor.
	position(t *text, k Kind, v any)

	// holds compares what a document or text array holds with what a value does.
	holds(t *text, s source, col *Column, op Op, v any)

	// folded writes a text column in lower case, folded as foldText does.
	folded(t *text, s source, col *Column)

	// like and match write a comparison with a pattern or a regular expression, both
	// folded already if the column is to be.
	like(t *text, s source, col *Column, pattern string, fold bool)
	match(t *text, s source, col *Column, pattern string, fold bool)

	// search writes that a text matches a query. candidates begins a condition that an
	// index of words answers. It reports whether search has to check what the index
	// finds, and then whether it wrote anything.
	search(t *text, s source, col *Column, q fulltext.Query, written string)
	candidates(t *text, s source, col *Column, q fulltext.Query) (check, begun bool)

	// fullText writes one of the comparisons of PostgreSQL's own search.
	fullText(t *text, s source, col *Column, op Op, config, query string) error

	// logRows writes the columns and the source of rows for the change log, which come as
	// a JSON array, and returns their order.
	logRows(t *text, rows string) (order string)

	// rowColumns writes the select list that stands for a row's members. In a counted
	// read the row may be missing. value and embed write one member.
	rowColumns(b *builder, s source, p *rowPlan, counted bool) error
	value(b *builder, s source, pc planColumn)
	embed(b *builder, s source, e *planEmbed) error

	// streams arranges the fields of a row that is sent as columns, and reports whether
	// the rows of its arrays are sent as rows of the statement.
	streams(b *builder, p *rowPlan) bool

	// pageOrder writes the order of the rows around a page.
	pageOrder(b *builder, s source, limited bool, keys []query.OrderKey) error

	// groupOperand writes a column of a group after its cast. groupTotal writes a sum or
	// an average, and greatest min or max.
	groupOperand(b *builder, s source, v groupValue)
	groupTotal(b *builder, s source, v groupValue)
	greatest(b *builder, s source, v groupValue, name string)
}

// words are the words and abilities in which the engines differ.
type words struct {
	placeholder        string
	yes, no, unknown   string // the three truths
	distinct           string
	unlimited          string // in front of an offset without limit
	lock               string // of the rows that a SELECT locks, before its alias
	casts              [KindTextArray + 1]string
	asText             [KindTextArray + 1]string // of a value that is compared as text
	collation, ordered [KindTextArray + 1]string // to compare for equality, and for order

	// nullsGreatest says that NULL is the greatest value by default.
	nullsGreatest bool

	// records says that rows are sent as columns and records, which the driver encodes.
	// Else the database builds their JSON.
	records bool

	// arrays says that rows are inserted from one array for each column.
	arrays bool

	// with says that a statement can change rows in its WITH, so that a write and its
	// log are one statement.
	with bool

	// returningTable says that RETURNING knows the columns by the name of the table only.
	returningTable bool
}

// dialectOf returns the dialect of an engine.
func dialectOf(d driver.Dialect) dialect {
	if d.Postgres() {
		return newPostgres(d)
	}
	return sqlite{}
}
