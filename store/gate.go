package store

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// Gate reads and writes one table by column names and JSON, within a scope. The network
// APIs use it; Go code uses [For]. A Gate is a value and safe for concurrent use if its
// session is.
type Gate struct {
	s      session
	table  *Table
	scope  *Scope
	access access
}

// NewGate returns the gate of a scope to a table. With a nil scope every operation
// is [ErrNoScope].
func NewGate(s Session, t *Table, scope *Scope) Gate {
	own := s.session()
	own.scope = orNoScope(scope)
	return Gate{s: own, table: t, scope: own.scope}
}

// UnscopedGate returns the gate of trusted code to a table: no rules apply to it.
func UnscopedGate(s Session, t *Table) Gate {
	return Gate{s: s.session(), table: t}
}

// checkScope rejects a gate that was made without the scope it needs.
func (g Gate) checkScope() error {
	if g.scope == noScope {
		return ErrNoScope
	}
	return nil
}

// ReadOptions tunes [Gate.Read]. The zero value reads all rows the query asks
// for.
type ReadOptions struct {
	// MaxRows truncates the answer and sets Rows.More; zero sets no limit. Unlike
	// Query.Limit it is not part of the query.
	MaxRows int

	// MaxBytes fails the read with [ErrTooLarge] when the answer is larger; zero sets
	// no limit. With a Budget a row with embedded rows, or with more than eight values
	// of any size, is limited to a quarter of MaxBytes.
	MaxBytes int

	// Budget is the largest number of rows of the answer: its own and those of every
	// array of embedded rows. Beyond it the read lowers limits that are defaults, see
	// [Query], and sets Rows.Cut. If that does not suffice it fails with a
	// [LimitError]. Zero sets no limit.
	Budget int

	// Page requests Rows.Next.
	Page bool

	// TagForm requests Rows.Tag. It must identify everything besides the rows that the
	// response depends on, such as the media type. Empty requests no tag.
	TagForm string

	// Single says that the query is for one row by its key. It requests Rows.Version.
	Single bool
}

// Read reads the rows of a query into out. A name the scope may not know is an
// [UnknownColumnError] or [UnknownRelationError], like one that does not exist.
func (g Gate) Read(ctx context.Context, q *Query, opts ReadOptions, out *Rows) error {
	return g.read(ctx, q, g.readOptions(q, opts), opts, out)
}

// read reads within the budget of rows.
func (g Gate) read(ctx context.Context, q *Query, ro readOptions, opts ReadOptions, out *Rows) error {
	err := g.readOnce(ctx, q, ro, opts, out)
	if !errors.Is(err, errTooManyRows) {
		return err
	}
	lowered, cut, err := g.lowerLimits(ctx, q, ro, opts)
	if err != nil {
		return err
	}
	if err = g.readOnce(ctx, lowered, ro, opts, out); errors.Is(err, errTooManyRows) {
		return errBudget(q, opts.Budget)
	}
	out.Cut = cut
	return err
}

// readOptions returns what a read needs besides the query's members.
func (g Gate) readOptions(q *Query, opts ReadOptions) readOptions {
	return readOptions{
		page: opts.Page, single: opts.Single && !opts.Page && q.After == "", groups: !opts.Single && q.After == "", version: opts.Single,
	}
}

// Versioned reports whether rows have a version that the scope may read: without one
// [WriteOptions] Versions match none.
func (g Gate) Versioned() bool { return len(versionColumn(g.table, g.scope.guard(g.table))) > 0 }

// compile writes the statement of a query into a builder.
func (g Gate) compile(ctx context.Context, b *builder, q *Query, ro readOptions, opts ReadOptions) (*driver.Statement, error) {
	if opts.Page || q.After != "" {
		key, err := g.s.cursorKey(ctx)
		if err != nil {
			return nil, err
		}
		b.cursors = key
	}
	asked := q
	if opts.MaxRows > 0 && (q.Limit == nil || *q.Limit > opts.MaxRows) {
		// One more row shows whether there are more.
		limited := *q
		limited.Limit = Limit(opts.MaxRows + 1)
		asked = &limited
	}
	b.budget = opts.Budget
	shape, err := b.read(g.table, asked, ro)
	if err != nil {
		return nil, g.unknown(err)
	}
	st := b.statement(shape)
	st.Table, st.Op = g.table.Name, "select"
	st.MaxRows, st.MaxBytes = opts.MaxRows, opts.MaxBytes
	return st, nil
}

// readOnce compiles a query and runs it.
func (g Gate) readOnce(ctx context.Context, q *Query, ro readOptions, opts ReadOptions, out *Rows) error {
	if err := g.checkScope(); err != nil {
		return err
	}
	b := g.s.newBuilder(ctx, g.scope, g.access)
	defer b.free()
	st, err := g.compile(ctx, b, q, ro, opts)
	if err != nil {
		return err
	}
	out.result.Reset()
	if err := g.s.query(ctx, st, &out.result); err != nil {
		return conflict(err)
	}
	if len(st.Shape.Members) == 0 {
		out.result.Body = appendEmpty(out.result.Body, out.result.Rows)
	}
	out.take()
	out.Tables = append(out.Tables, b.reads...)
	if opts.TagForm != "" && g.s.tx == nil && b.tagged() { // what a transaction reads may be rolled back
		out.Tag = entityTag(opts.TagForm, q, &out.result)
	}
	return out.finish(b, q, ro, opts)
}

// appendEmpty appends rows without members.
func appendEmpty(dst []byte, rows int) []byte {
	for i := range rows {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, "{}"...)
	}
	return dst
}

// take shows the result of the statement.
func (r *Rows) take() {
	r.Body, r.Count = r.result.Body, r.result.Rows
	r.More, r.Total = r.result.More, r.result.Total
	r.Next, r.Version, r.Inserted, r.touched = "", 0, 0, r.result.Rows
	r.Tag, r.Cut, r.Tables = "", "", r.Tables[:0]
}

func (r *Rows) finish(b *builder, q *Query, ro readOptions, opts ReadOptions) error {
	if r.Count == 0 || len(r.result.Extra) == 0 {
		return nil
	}
	if opts.Page {
		if r.More || q.Limit != nil && r.Count == *q.Limit {
			r.Next = b.cursors.make(b.keys, r.result.Extra)
		}
		return nil
	}
	if opts.Single && b.versioned { // else it stands for a row without members
		version, err := firstInt(r.result.Extra)
		r.Version = version
		return err
	}
	return nil
}

// unknown turns the inner mark for a table that is not exposed into the answer
// for one that does not exist.
func (g Gate) unknown(err error) error {
	if errors.Is(err, errNotExposed) {
		return &UnknownTableError{Table: g.table.Name}
	}
	return err
}

// decodePlan plans how rows of a query fill the struct.
func (g Gate) decodePlan(ctx context.Context, q *Query) (*decodePlan, error) {
	b := g.s.newBuilder(ctx, g.scope, g.access)
	defer b.free()
	s, err := b.enter(g.table)
	if err != nil {
		return nil, g.unknown(err)
	}
	plan, err := b.plan(s, q)
	if err != nil {
		return nil, err
	}
	if plan.grouped() {
		return nil, errors.New("store: aggregates are not columns of a model; read them by a Gate, or with Bun")
	}
	if plan.spreads() {
		return nil, errors.New("store: columns of other tables are not columns of a model; embed the relation without Spread")
	}
	return plan.decode(), nil
}
