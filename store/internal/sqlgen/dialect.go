package sqlgen

import (
	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Dialect writes the SQL that differs between the engines. There are two: sqlite and
// postgres. A method writes into the text or the builder it is given.
// It takes no variadic arguments and no *Query: an interface would move them to the heap.
type Dialect interface {
	// Syntax returns what differs by a word.
	Syntax() *Syntax

	// placed writes what the place of a column leads to, total a column with a sum or an
	// average of floats, and parsed a text column read as a type.
	placed(t *Writer, s Source, col *schema.Column)
	total(t *Writer, s Source, col *schema.Column)
	parsed(t *Writer, s Source, col *schema.Column, cast string)

	// OneOf writes the test that the preceding expression is one of a list of values,
	// with a placeholder for the list.
	OneOf(t *Writer, k driver.Kind, list any)

	// position binds a value of a cursor.
	position(t *Writer, k driver.Kind, v any)

	// holds compares what a document or text array holds with what a value does.
	holds(t *Writer, s Source, col *schema.Column, op query.Op, v any)

	// folded writes a text column in lower case, folded as [textmatch.Fold] does.
	folded(t *Writer, s Source, col *schema.Column)

	// like and match write a comparison with a pattern or a regular expression, both
	// folded already if the column is to be.
	like(t *Writer, s Source, col *schema.Column, pattern string, fold bool)
	match(t *Writer, s Source, col *schema.Column, pattern string, fold bool)

	// search writes that a text matches a query. candidates begins a condition that an
	// index of words answers. It reports whether search has to check what the index
	// finds, and then whether it wrote anything.
	search(t *Writer, s Source, col *schema.Column, q fulltext.Query, written string)
	candidates(t *Writer, s Source, col *schema.Column, q fulltext.Query) (check, begun bool)

	// fullText writes one of the comparisons of PostgreSQL's own search.
	fullText(t *Writer, s Source, col *schema.Column, op query.Op, config, query string) error

	// LogRows writes the columns and the source of rows for the change log, which come as
	// a JSON array, and returns their order.
	LogRows(t *Writer, rows string) (order string)

	// RowColumns writes the select list that stands for a row's members. In a counted
	// read the row may be missing. value and embed write one member.
	RowColumns(b *Builder, s Source, p *RowPlan, counted bool) error
	value(b *Builder, s Source, pc PlanColumn)
	embed(b *Builder, s Source, e *planEmbed) error

	// streams arranges the fields of a row that is sent as columns, and reports whether
	// the rows of its arrays are sent as rows of the statement.
	streams(b *Builder, p *RowPlan) bool

	// pageOrder writes the order of the rows around a page.
	pageOrder(b *Builder, s Source, limited bool, keys []query.OrderKey) error

	// groupOperand writes a column of a group after its cast. groupTotal writes a sum or
	// an average, and greatest min or max.
	groupOperand(b *Builder, s Source, v groupValue)
	groupTotal(b *Builder, s Source, v groupValue)
	greatest(b *Builder, s Source, v groupValue, name string)
}

// Syntax is the words and abilities in which the engines differ.
type Syntax struct {
	placeholder        string
	yes, no, unknown   string // the three truths
	distinct           string
	unlimited          string // in front of an offset without limit
	locks              bool   // SELECT can lock rows
	casts              [driver.KindTextArray + 1]string
	asText             [driver.KindTextArray + 1]string // of a value that is compared as text
	collation, ordered [driver.KindTextArray + 1]string // to compare for equality, and for order

	// nullsGreatest says that NULL is the greatest value by default.
	nullsGreatest bool

	// records says that rows are sent as columns and records, which the driver encodes.
	// Else the database builds their JSON.
	records bool

	// Arrays says that rows are inserted from one array for each column.
	Arrays bool

	// Sequences says that generated keys come from a sequence, which does not look at rows.
	Sequences bool

	// WritableCTE says that a statement can change rows in its WITH, so that a write and its
	// log are one statement.
	WritableCTE bool

	// ReturningTable says that RETURNING knows the columns by the name of the table only.
	ReturningTable bool
}

// DialectOf returns the dialect of an engine.
func DialectOf(d driver.Dialect) Dialect {
	if d.Postgres() {
		return newPostgres(d)
	}
	return sqlite{}
}
