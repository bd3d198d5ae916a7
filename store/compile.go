package store

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// env is the context a statement is compiled for: the scope, and whether the predicates
// for tenants and deleted rows apply.
type env struct {
	scope       *Scope // nil: trusted code
	tenant      string
	withDeleted bool // trusted code requested deleted rows too
	allTenants  bool // trusted code requested every tenant
}

// text is the text of a statement and its arguments.
type text struct {
	dialect dialect
	words   *words // of the dialect
	sql     []byte
	args    []any
	aliases int
}

// conds writes conditions: filters, rules and standing predicates.
type conds struct {
	text
	env
	// unindexed says that a condition is not about rows as their table has
	// them, or stands under not: an index of words that may find too much is
	// of no use there.
	unindexed bool
	inRule    bool     // the condition is a rule, the same for all requests of a policy
	steps     int      // of the regular expressions, see maxRegexpSteps
	reads     []*Table // tables in a FROM
}

// builder writes one statement: rows, embeds, pages and groups on top of its conditions. It
// is made for one use and not concurrent.
type builder struct {
	conds
	cursors *cursorKey
	keys    []query.OrderKey // of the root, set by read
	made    driver.Statement
	shape   driver.Shape // of the root, set by read
	extra   [8]Kind      // what its extra values take
	shared  [8]int
	budget  int // of rows, see [driver.Statement]
	counter int // the placeholder of its counter, SQLite only

	versioned bool // the first extra value is the version of the row
}

// source is a table in the FROM of a statement under its alias. [conds.enter],
// [conds.trusted] and [conds.beside] make one: the zero source reads nothing.
type source struct {
	table *Table
	alias string

	// guard limits the rows, and what names of columns and relations mean. A trusted
	// source has none: rules and Go code without a scope.
	guard   *Guard
	trusted bool
}

// as returns the source under another alias.
func (s source) as(alias string) source {
	s.alias = alias
	return s
}

// forRule returns the source for a rule, which may read what the scope may not.
func (s source) forRule() source {
	s.guard, s.trusted = nil, true
	return s
}

func (t *text) write(parts ...string) {
	sql := t.sql
	for _, p := range parts {
		sql = append(sql, p...)
	}
	t.sql = sql
}

func (t *text) int(n int) { t.sql = strconv.AppendInt(t.sql, int64(n), 10) }

// alias returns a name no other source of the statement has.
func (t *text) alias() string {
	n := t.aliases
	t.aliases++
	if n < len(aliases) {
		return aliases[n]
	}
	return "t" + strconv.Itoa(n)
}

// aliases are those that all but the largest statements need.
var aliases = [...]string{"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"}

// column writes a column of a source.
func (t *text) column(s source, col *Column) {
	switch {
	case col.Place != nil:
		t.dialect.placed(t, s, col)
	case col.Total:
		t.dialect.total(t, s, col)
	default:
		t.write(s.alias, ".", col.SQLName)
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
func (t *text) keyName(before string, i int) {
	t.write(before, `"key?`)
	t.int(i)
	t.write(`"`)
}

// bind writes a placeholder for a value of a kind.
func (t *text) bind(k Kind, v any) {
	t.placeholder(v)
	t.write(t.words.casts[k])
}

func (t *text) placeholder(v any) {
	t.args = append(t.args, v)
	t.write(t.words.placeholder)
	t.int(len(t.args))
}

// limits writes what limits the rows of a source besides any condition, each part behind
// " and ": the predicates that belong to the table, and the read rule of its guard. Every
// table that is read passes here.
func (c *conds) limits(s source) error {
	if !slices.Contains(c.reads, s.table) {
		c.reads = append(c.reads, s.table)
	}
	if d := s.table.DeletedAt; d != nil && !c.withDeleted {
		c.write(" and ")
		c.column(s, d)
		c.write(" is null")
	}
	return c.limitsOfAll(s)
}

// limitsOfAll is limits for the rows that are marked as deleted too.
func (c *conds) limitsOfAll(s source) error {
	if err := c.tenancy(s); err != nil {
		return err
	}
	switch {
	case s.trusted:
		return nil
	case s.guard == nil:
		return errNotExposed
	}
	c.write(" and ")
	return c.rule(s, s.guard.Read)
}

// tenancy limits a source to the rows of the tenant.
func (c *conds) tenancy(s source) error {
	t := s.table.Tenant
	if t == nil || c.allTenants {
		return nil
	}
	switch {
	case c.scope == nil && c.tenant == "":
		return ErrNoTenant
	case c.tenant == "":
		c.write(" and ", c.words.no)
	default:
		c.write(" and ")
		c.column(s, t)
		c.write(" = ")
		c.bind(KindText, c.tenant)
	}
	return nil
}

// errNotExposed marks a table that the scope must not know of. It becomes the error for an
// unknown name.
var errNotExposed = errors.New("store: table is not exposed")

// enter enters a table in the name of the scope. It is errNotExposed if the scope does not
// know the table. Without a scope the source is trusted.
func (c *conds) enter(t *Table) (source, error) {
	guard, ok := c.scope.Enter(t)
	if !ok {
		return source{}, errNotExposed
	}
	return source{table: t, alias: c.alias(), guard: guard, trusted: guard == nil}, nil
}

// trusted enters a table without a guard.
func (c *conds) trusted(t *Table) source {
	return source{table: t, alias: c.alias(), trusted: true}
}

// beside enters a table that is read for the rows of s, with the trust of s.
func (c *conds) beside(s source, t *Table) (source, error) {
	if s.trusted {
		return c.trusted(t), nil
	}
	return c.enter(t)
}

// rule writes a rule of a guard; a zero rule allows nothing.
func (c *conds) rule(s source, rule Cond) error {
	if rule.IsZero() {
		c.write(c.words.no)
		return nil
	}
	defer func(was bool) { c.inRule = was }(c.inRule)
	c.inRule = true
	return c.cond(s.forRule(), rule.Node())
}

// builders keeps the memory of statements that were run.
var builders = sync.Pool{New: func() any {
	return &builder{conds: conds{text: text{sql: make([]byte, 0, 1024), args: make([]any, 0, 16)}, reads: make([]*Table, 0, 8)}}
}}

// maxPooledSQL is the size of a text up to which its memory is kept.
const maxPooledSQL = 16 << 10

// free gives a builder back, and with it the statement it made. Not every
// builder needs to be freed; none may be used after.
func (b *builder) free() {
	if cap(b.sql) > maxPooledSQL {
		return
	}
	clear(b.args[:cap(b.args)])
	*b = builder{conds: conds{text: text{sql: b.sql[:0], args: b.args[:0]}, reads: b.reads[:0]}}
	builders.Put(b)
}

// newBuilder starts a statement.
func newBuilder(d dialect, scope *Scope, tenant string, a access) *builder {
	b := builders.Get().(*builder)
	b.env = env{scope: scope, tenant: tenant, withDeleted: a.withDeleted, allTenants: a.allTenants}
	b.dialect, b.words = d, d.words()
	return b
}

// tenantOf returns the tenant of a statement: the scope's, or the context's for
// trusted code.
func tenantOf(ctx context.Context, scope *Scope) string {
	if scope != nil {
		return scope.Tenant
	}
	return query.TenantFrom(ctx)
}

// access lists the standing predicates that trusted code has switched off.
type access struct {
	withDeleted, allTenants bool
}

// statement returns the one statement that the builder is made for.
func (b *builder) statement(shape *driver.Shape) *driver.Statement {
	b.made = driver.Statement{SQL: string(b.sql), Args: b.args, Shape: shape, Budget: b.budget}
	if len(b.reads) > 0 {
		b.made.Table = b.reads[0].Name
	}
	return &b.made
}

// lock ends a SELECT that locks the rows of a source where the engine can.
func (t *text) lock(s source) {
	if t.words.lock != "" {
		t.write(t.words.lock, s.alias)
	}
}
