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
	steps     int      // of the regular expressions, see maxRegexpSteps
	reads     []*Table // tables in a FROM
}

// builder writes one statement: rows, embeds, pages and groups on top of its conditions. It
// is made for one use and not concurrent.
type builder struct {
	conds
	cursors *cursorKey
	keys    []orderKey // of the root, set by read
	made    driver.Statement
	shape   driver.Shape // of the root, set by read
	extra   [8]Kind      // what its extra values take
	shared  [8]int
	budget  int // of rows, see [driver.Statement]
	counter int // the placeholder of its counter, SQLite only
}

// source is a table in the FROM of a statement under its alias.
type source struct {
	table *Table
	alias string
	// guard limits what names the untrusted part of a statement may use; nil
	// in trusted parts and trusted code.
	guard *Guard
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
	case col.place != nil:
		t.dialect.placed(t, s, col)
	case col.total:
		t.dialect.total(t, s, col)
	default:
		t.write(s.alias, ".", col.sqlName)
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

// standing writes the predicates that belong to the table itself. Every table
// that is read passes here.
func (c *conds) standing(s source) error {
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

// guarded enters a table in the name of the scope: it returns the guard, or an
// error if the scope does not know the table. In trusted code it returns nil.
func (c *conds) guarded(t *Table) (*Guard, error) {
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
func (c *conds) rule(s source, rule Cond) error {
	c.write(" and ")
	return c.ruleAlone(s, rule)
}

func (c *conds) ruleAlone(s source, rule Cond) error {
	if rule.IsZero() {
		c.write(c.words.no)
		return nil
	}
	s.guard = nil
	return c.cond(s, rule.n, trustedCond)
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

// newBuilder starts a statement in the context of a caller.
func (s session) newBuilder(ctx context.Context, scope *Scope, a access) *builder {
	return newBuilder(s.db.sql, scope, tenantOf(ctx, scope), a)
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
