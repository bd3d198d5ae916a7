package sqlgen

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// env is the context a statement is compiled for: the scope, and whether the predicates
// for tenants and deleted rows apply.
type env struct {
	scope  *query.Scope // nil: trusted code
	Tenant string
	Exemptions
}

// Writer writes the text of a statement and collects its arguments.
type Writer struct {
	Dialect Dialect
	Syntax  *Syntax // of the dialect
	SQL     []byte
	args    []any
	aliases int
}

// CondWriter writes conditions: filters, rules and standing predicates.
type CondWriter struct {
	Writer
	env
	// Unindexed says that a condition is not about rows as their table has
	// them, or stands under not: an index of words that may find too much is
	// of no use there.
	Unindexed bool
	inRule    bool            // the condition is a rule, the same for all requests of a policy
	steps     int             // of the regular expressions, see textmatch.MaxRegexpSteps
	Reads     []*schema.Table // tables in a FROM

	// Variables are expressions that stand for variables in comparisons. Others are bound.
	Variables map[VariableUse]string
}

// VariableUse is a variable that is compared with a column.
type VariableUse struct {
	Name   string
	Column *schema.Column
}

// VariablesOf returns the uses of variables in a bound condition that
// [CondWriter.Variables] can replace, and the names of the other variables.
func VariablesOf(n *query.Node) (uses []VariableUse, others []string) {
	if name, ok := n.Variable(); ok {
		if use, plain := plainUse(n, n.Column); plain {
			uses = append(uses, use)
		} else {
			others = append(others, name)
		}
	}
	for _, kid := range n.Kids {
		u, o := VariablesOf(kid)
		uses, others = append(uses, u...), append(others, o...)
	}
	return uses, others
}

// plainUse returns the use of a variable in a plain comparison of values.
func plainUse(n *query.Node, col *schema.Column) (use VariableUse, plain bool) {
	name, ok := n.Variable()
	return VariableUse{name, col}, ok && col != nil && !n.Listed() && int(n.Op) < len(compareWords) && compareWords[n.Op] != "" && value.Listable(col.Kind)
}

// Builder writes one statement: rows, embeds, pages and groups on top of its conditions. It
// is made for one use and not concurrent.
type Builder struct {
	CondWriter
	Cursors *CursorKey
	Keys    []query.OrderKey // of the root, set by Read
	made    driver.Statement
	shape   driver.Shape   // of the root, set by Read
	extra   [8]driver.Kind // what its extra values take
	shared  [8]int
	Budget  int // of rows, see [driver.Statement]
	counter int // the placeholder of its counter, SQLite only

	Versioned bool // the first extra value is the version of the row
	Typed     bool // rows fill structs, so that "count" is the name of a column only
}

// Source is a table in the FROM of a statement under its alias. [CondWriter.Enter],
// [CondWriter.Trusted] and [CondWriter.beside] make one: the zero source reads nothing.
type Source struct {
	Table *schema.Table
	Alias string

	// Guard limits the rows, and what names of columns and relations mean. A trusted
	// source has none: rules and Go code without a scope.
	Guard   *query.Guard
	Trusted bool
}

// as returns the source under another alias.
func (s Source) as(alias string) Source {
	s.Alias = alias
	return s
}

// ForRule returns the source for a rule, which may read what the scope may not.
func (s Source) ForRule() Source {
	s.Guard, s.Trusted = nil, true
	return s
}

// Write appends parts to the text.
func (t *Writer) Write(parts ...string) {
	sql := t.SQL
	for _, p := range parts {
		sql = append(sql, p...)
	}
	t.SQL = sql
}

// Int appends a number to the text.
func (t *Writer) Int(n int) { t.SQL = strconv.AppendInt(t.SQL, int64(n), 10) }

// Truth writes true or false.
func (t *Writer) Truth(b bool) {
	if b {
		t.Write(t.Syntax.yes)
	} else {
		t.Write(t.Syntax.no)
	}
}

// Alias returns a name no other source of the statement has.
func (t *Writer) Alias() string {
	n := t.aliases
	t.aliases++
	if n < len(aliases) {
		return aliases[n]
	}
	return "t" + strconv.Itoa(n)
}

// aliases are those that all but the largest statements need.
var aliases = [...]string{"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"}

// Column writes a column of a source.
func (t *Writer) Column(s Source, col *schema.Column) {
	switch {
	case col.Place != nil:
		t.Dialect.placed(t, s, col)
	case col.Total:
		t.Dialect.total(t, s, col)
	default:
		t.Write(s.Alias, ".", col.SQLName)
	}
}

// Names a statement makes up itself. Tables and columns have plain names, so
// they cannot be the same.
const (
	presentName = `"present?"` // of the one in each row of a page
	OldRows     = `"old?"`     // rows before the write
	NewRows     = `"new?"`     // rows the write has left
	LogRows     = `"log?"`     // their change log
	LogBytes    = `"bytes?"`   // how much that is
)

// keyName writes the name of an order key of a page behind a prefix.
func (t *Writer) keyName(before string, i int) {
	t.Write(before, `"key?`)
	t.Int(i)
	t.Write(`"`)
}

// Bind writes a placeholder for a value of a kind.
func (t *Writer) Bind(k driver.Kind, v any) {
	t.Placeholder(v)
	t.Write(t.Syntax.casts[k])
}

// Placeholder writes a placeholder for a value without a type.
func (t *Writer) Placeholder(v any) {
	t.args = append(t.args, v)
	t.Write(t.Syntax.placeholder)
	t.Int(len(t.args))
}

// Limits writes what limits the rows of a source besides any condition, each part behind
// " and ": the predicates that belong to the table, and the read rule of its guard. Every
// table that is read passes here.
func (c *CondWriter) Limits(s Source) error {
	if !slices.Contains(c.Reads, s.Table) {
		c.Reads = append(c.Reads, s.Table)
	}
	if d := s.Table.DeletedAt; d != nil && !c.WithDeleted {
		c.Write(" and ")
		c.Column(s, d)
		c.Write(" is null")
	}
	return c.LimitsOfAll(s)
}

// LimitsOfAll is [CondWriter.Limits] for the rows that are marked as deleted too.
func (c *CondWriter) LimitsOfAll(s Source) error {
	if err := c.tenancy(s); err != nil {
		return err
	}
	switch {
	case s.Trusted:
		return nil
	case s.Guard == nil:
		return ErrNotExposed
	}
	c.Write(" and ")
	return c.Rule(s, s.Guard.Read)
}

// tenancy limits a source to the rows of the tenant.
func (c *CondWriter) tenancy(s Source) error {
	t := s.Table.Tenant
	if t == nil || c.AllTenants {
		return nil
	}
	switch {
	case c.scope == nil && c.Tenant == "":
		return fault.ErrNoTenant
	case c.Tenant == "":
		c.Write(" and ", c.Syntax.no)
	default:
		c.Write(" and ")
		c.Column(s, t)
		c.Write(" = ")
		c.Bind(driver.KindText, c.Tenant)
	}
	return nil
}

// ErrNotExposed marks a table that the scope must not know of. It becomes the error for an
// unknown name.
var ErrNotExposed = errors.New("store: table is not exposed")

// Enter enters a table in the name of the scope. It is [ErrNotExposed] if the scope does not
// know the table. Without a scope the source is trusted.
func (c *CondWriter) Enter(t *schema.Table) (Source, error) {
	guard, ok := c.scope.Enter(t)
	if !ok {
		return Source{}, ErrNotExposed
	}
	return Source{Table: t, Alias: c.Alias(), Guard: guard, Trusted: guard == nil}, nil
}

// Trusted enters a table without a guard.
func (c *CondWriter) Trusted(t *schema.Table) Source {
	return Source{Table: t, Alias: c.Alias(), Trusted: true}
}

// beside enters a table that is read for the rows of s, with the trust of s.
func (c *CondWriter) beside(s Source, t *schema.Table) (Source, error) {
	if s.Trusted {
		return c.Trusted(t), nil
	}
	return c.Enter(t)
}

// Rule writes a rule of a guard; a zero rule allows nothing.
func (c *CondWriter) Rule(s Source, rule query.Cond) error {
	if rule.IsZero() {
		c.Truth(false)
		return nil
	}
	defer func(was bool) { c.inRule = was }(c.inRule)
	c.inRule = true
	return c.Cond(s.ForRule(), rule.Node())
}

// builders keeps the memory of statements that were run.
var builders = sync.Pool{New: func() any {
	return &Builder{CondWriter: CondWriter{Writer: Writer{SQL: make([]byte, 0, 1024), args: make([]any, 0, 16)}, Reads: make([]*schema.Table, 0, 8)}}
}}

// maxPooledSQL is the size of a text up to which its memory is kept.
const maxPooledSQL = 16 << 10

// Free gives a builder back, and with it the statement it made. Not every
// builder needs to be freed; none may be used after.
func (b *Builder) Free() {
	if cap(b.SQL) > maxPooledSQL {
		return
	}
	clear(b.args[:cap(b.args)])
	*b = Builder{CondWriter: CondWriter{Writer: Writer{SQL: b.SQL[:0], args: b.args[:0]}, Reads: b.Reads[:0]}}
	builders.Put(b)
}

// NewBuilder starts a statement.
func NewBuilder(d Dialect, scope *query.Scope, tenant string, a Exemptions) *Builder {
	b := builders.Get().(*Builder)
	b.env = env{scope: scope, Tenant: tenant, Exemptions: a}
	b.Dialect, b.Syntax = d, d.Syntax()
	return b
}

// TenantOf returns the tenant of a statement: the scope's, or the context's for
// trusted code.
func TenantOf(ctx context.Context, scope *query.Scope) string {
	if scope != nil {
		return scope.Tenant
	}
	return query.TenantFrom(ctx)
}

// Exemptions are the standing predicates that trusted code has switched off.
type Exemptions struct {
	WithDeleted, AllTenants bool
}

// Statement returns the one statement that the builder is made for.
func (b *Builder) Statement(shape *driver.Shape) *driver.Statement {
	b.made = driver.Statement{SQL: string(b.SQL), Args: b.args, Shape: shape, Budget: b.Budget}
	if len(b.Reads) > 0 {
		b.made.Table = b.Reads[0].Name
	}
	return &b.made
}

// Lock ends a SELECT that locks the rows of a source for a write, where the engine can. An
// update leaves rows to foreign keys that point to them, unless it changes the key. Then the
// database asks for more. A delete waits for new rows that refer to what it deletes.
func (t *Writer) Lock(s Source, op query.WriteOp) {
	switch {
	case !t.Syntax.locks:
	case op == query.OpDelete:
		t.Write(" for update of ", s.Alias)
	default:
		t.Write(" for no key update of ", s.Alias)
	}
}
