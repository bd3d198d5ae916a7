package store

import (
	"context"
	"slices"
	"strconv"
	"sync"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// env is the context a statement is compiled for: the scope, and whether the predicates
// for tenants and deleted rows apply.
type env struct {
	scope       *Scope // nil: trusted code
	tenant      string
	cursors     *cursorKey
	withDeleted bool // trusted code requested deleted rows too
	allTenants  bool // trusted code requested every tenant
}

// compiler writes one statement. It is made for one use and not concurrent.
type compiler struct {
	env
	dialect driver.Dialect
	pg      bool
	sql     []byte
	args    []any
	aliases int
	// unindexed says that a condition is not about rows as their table has
	// them, or stands under not: an index of words that may find too much is
	// of no use there.
	unindexed bool
	steps     int        // of the regular expressions, see maxRegexpSteps
	keys      []orderKey // of the root, set by read
	reads     []*Table   // tables in a FROM
	made      driver.Statement
	shape     driver.Shape // of the root, set by read
	extra     [8]Kind      // what its extra values take
	shared    [8]int
	budget    int // of rows, see [driver.Statement]
	counter   int // the placeholder of its counter, SQLite only
}

// source is a table in the FROM of a statement under its alias.
type source struct {
	table *Table
	alias string
	// guard limits what names the untrusted part of a statement may use; nil
	// in trusted parts and trusted code.
	guard *Guard
}

func (c *compiler) write(parts ...string) {
	sql := c.sql
	for _, p := range parts {
		sql = append(sql, p...)
	}
	c.sql = sql
}

func (c *compiler) int(n int) { c.sql = strconv.AppendInt(c.sql, int64(n), 10) }

// alias returns a name no other source of the statement has.
func (c *compiler) alias() string {
	n := c.aliases
	c.aliases++
	if n < len(aliases) {
		return aliases[n]
	}
	return "t" + strconv.Itoa(n)
}

// aliases are those that all but the largest statements need.
var aliases = [...]string{"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"}

// column writes a column of a source.
func (c *compiler) column(s source, col *Column) {
	switch {
	case col.place != nil:
		c.placed(s, col)
	case col.total && c.pg:
		c.write("cast(", s.alias, ".", col.sqlName, " as float8)")
	case col.total:
		c.write("pl_total(", s.alias, ".", col.sqlName, ")")
	default:
		c.write(s.alias, ".", col.sqlName)
	}
}

// Names a statement makes up itself. Tables and columns have plain names, so
// they cannot be the same.
const (
	presentName = `"present?"` // of the one in each row of a page
	oldRows     = `"old?"`     // rows before the write
	newRows     = `"new?"`     // rows the write has left
	logRows     = `"log?"`     // their change log
	logBytes    = `"bytes?"`   // how much that is
)

// keyName writes the name of an order key of a page behind a prefix.
func (c *compiler) keyName(before string, i int) {
	c.write(before, `"key?`)
	c.int(i)
	c.write(`"`)
}

// bind writes a placeholder for a value of a kind.
func (c *compiler) bind(k Kind, v any) {
	c.placeholder(v)
	if c.pg {
		c.write("::", pgTypes[k])
	}
}

// oneOf writes the test that the preceding expression is one of a list of values, with
// a placeholder for the list.
func (c *compiler) oneOf(k Kind, list any) {
	if c.pg {
		c.write(" = any(")
		c.placeholder(list)
		c.write("::", pgTypes[k], "[])")
		return
	}
	c.write(" in (select value from json_each(")
	c.placeholder(list)
	c.write("))")
}

func (c *compiler) placeholder(v any) {
	c.args = append(c.args, v)
	if c.pg {
		c.write("$")
	} else {
		c.write("?")
	}
	c.int(len(c.args))
}

// pgTypes are the names of the kinds' types in casts. Every placeholder carries
// its type, so that PostgreSQL never infers another one from the context.
var pgTypes = [...]string{
	KindText: "text", KindBool: "bool", KindInt: "int8", KindFloat: "float8", KindDecimal: "numeric",
	KindTimestamp: "timestamptz", KindDate: "date", KindUUID: "uuid", KindBytes: "bytea", KindJSON: "jsonb",
	KindTextArray: "text[]",
}

// standing writes the predicates that belong to the table itself. Every table
// that is read passes here.
func (c *compiler) standing(s source) error {
	if !slices.Contains(c.reads, s.table) {
		c.reads = append(c.reads, s.table)
	}
	if d := s.table.DeletedAt; d != nil && !c.withDeleted {
		c.write(" and ")
		c.column(s, d)
		c.write(" is null")
	}
	return c.tenancy(s)
}

// tenancy limits a source to the rows of the tenant.
func (c *compiler) tenancy(s source) error {
	t := s.table.Tenant
	if t == nil || c.allTenants {
		return nil
	}
	switch {
	case c.scope == nil && c.tenant == "":
		return ErrNoTenant
	case c.tenant == "":
		c.write(" and ", c.falseLiteral())
	default:
		c.write(" and ")
		c.column(s, t)
		c.write(" = ")
		c.bind(KindText, c.tenant)
	}
	return nil
}

func (c *compiler) trueLiteral() string {
	if c.pg {
		return "true"
	}
	return "1"
}

func (c *compiler) falseLiteral() string {
	if c.pg {
		return "false"
	}
	return "0"
}

func (c *compiler) unknownLiteral() string {
	if c.pg {
		return "null::bool"
	}
	return "null"
}

// guarded enters a table in the name of the scope: it returns the guard, or an
// error if the scope does not know the table. In trusted code it returns nil.
func (c *compiler) guarded(t *Table) (*Guard, error) {
	if c.scope == nil {
		return nil, nil
	}
	g := c.scope.guard(t)
	if g == nil {
		return nil, errNotExposed
	}
	return g, nil
}

// rule writes " and (rule)" of a guard; a zero rule allows nothing.
func (c *compiler) rule(s source, rule Cond) error {
	c.write(" and ")
	return c.ruleAlone(s, rule)
}

func (c *compiler) ruleAlone(s source, rule Cond) error {
	if rule.IsZero() {
		c.write(c.falseLiteral())
		return nil
	}
	s.guard = nil
	return c.cond(s, rule.n, trustedCond)
}

// placed writes what the place of a column leads to.
func (c *compiler) placed(s source, col *Column) {
	text := col.place.path.text
	switch {
	case c.pg:
		c.write("(", s.alias, ".", col.sqlName)
		for i, step := range col.place.steps {
			arrow, cast := "->", "::text"
			if text && i == len(col.place.steps)-1 {
				arrow = "->>"
			}
			if _, position := step.(int64); position {
				cast = "::int4"
			}
			c.write(arrow)
			c.placeholder(step)
			c.write(cast)
		}
	case text:
		c.write("pl_json_text(", s.alias, ".", col.sqlName)
	default:
		c.write("pl_json(", s.alias, ".", col.sqlName)
	}
	if !c.pg {
		for _, step := range col.place.steps {
			c.write(", ")
			c.placeholder(step)
		}
	}
	c.write(")")
}

// compilers keeps the memory of statements that were run.
var compilers = sync.Pool{New: func() any {
	return &compiler{sql: make([]byte, 0, 1024), args: make([]any, 0, 16), reads: make([]*Table, 0, 8)}
}}

// maxPooledSQL is the size of a text up to which its memory is kept.
const maxPooledSQL = 16 << 10

// free gives a compiler back, and with it the statement it made. Not every
// compiler needs to be freed; none may be used after.
func (c *compiler) free() {
	if cap(c.sql) > maxPooledSQL {
		return
	}
	clear(c.args[:cap(c.args)])
	*c = compiler{sql: c.sql[:0], args: c.args[:0], reads: c.reads[:0]}
	compilers.Put(c)
}

// newCompiler starts a statement.
func (s session) newCompiler(ctx context.Context, scope *Scope, a access) *compiler {
	c := compilers.Get().(*compiler)
	c.env = env{scope: scope, withDeleted: a.withDeleted, allTenants: a.allTenants}
	c.dialect, c.pg = s.db.dialect, s.db.dialect.Postgres()
	c.tenant = tenantOf(ctx, scope)
	return c
}

// tenantOf returns the tenant of a statement: the scope's, or the context's for
// trusted code.
func tenantOf(ctx context.Context, scope *Scope) string {
	if scope != nil {
		return scope.Tenant
	}
	return tenantFrom(ctx)
}

// access lists the standing predicates that trusted code has switched off.
type access struct {
	withDeleted, allTenants bool
}

// statement returns the one statement the compiler is made for.
func (c *compiler) statement(shape *driver.Shape) *driver.Statement {
	c.made = driver.Statement{SQL: string(c.sql), Args: c.args, Shape: shape, Budget: c.budget}
	if len(c.reads) > 0 {
		c.made.Table = c.reads[0].Name
	}
	return &c.made
}
