package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// reader reads one table in a session and a scope.
type reader struct {
	s      core.Session
	table  *Table
	scope  *Scope
	access sqlgen.Access
}

// checkScope rejects a gate that was made without the scope it needs.
func (r reader) checkScope() error {
	if r.scope == noScope {
		return ErrNoScope
	}
	return nil
}

// read reads within the budget of rows.
func (r reader) read(ctx context.Context, q *Query, ro sqlgen.ReadOptions, opts ReadOptions, out *Rows) error {
	err := r.readOnce(ctx, q, ro, opts, out)
	if !errors.Is(err, core.ErrTooManyRows) {
		return err
	}
	lowered, cut, err := r.lowerLimits(ctx, q, ro, opts)
	if err != nil {
		return err
	}
	if err = r.readOnce(ctx, lowered, ro, opts, out); errors.Is(err, core.ErrTooManyRows) {
		return errBudget(q, opts.Budget)
	}
	out.Cut = cut
	return err
}

// readOptions returns what a read needs besides the query's members.
func (r reader) readOptions(q *Query, opts ReadOptions) sqlgen.ReadOptions {
	return sqlgen.ReadOptions{
		Page: opts.Page, Single: opts.Single && !opts.Page && q.After == "", Groups: !opts.Single && q.After == "", Version: opts.Single,
	}
}

// compile writes the statement of a query into a builder.
func (r reader) compile(ctx context.Context, b *sqlgen.Builder, q *Query, ro sqlgen.ReadOptions, opts ReadOptions) (*driver.Statement, error) {
	if opts.Page || q.After != "" {
		key, err := r.s.CursorKey(ctx)
		if err != nil {
			return nil, err
		}
		b.Cursors = key
	}
	asked := q
	if opts.MaxRows > 0 && (q.Limit == nil || *q.Limit > opts.MaxRows) {
		// One more row shows whether there are more.
		limited := *q
		limited.Limit = Limit(opts.MaxRows + 1)
		asked = &limited
	}
	b.Budget = opts.Budget
	shape, err := b.Read(r.table, asked, ro)
	if err != nil {
		return nil, r.unknown(err)
	}
	st := b.Statement(shape)
	st.Table, st.Op = r.table.Name, "select"
	st.MaxRows, st.MaxBytes = opts.MaxRows, opts.MaxBytes
	return st, nil
}

// readOnce compiles a query and runs it.
func (r reader) readOnce(ctx context.Context, q *Query, ro sqlgen.ReadOptions, opts ReadOptions, out *Rows) error {
	if err := r.checkScope(); err != nil {
		return err
	}
	b := r.s.NewBuilder(ctx, r.scope, r.access)
	defer b.Free()
	st, err := r.compile(ctx, b, q, ro, opts)
	if err != nil {
		return err
	}
	out.Result.Reset()
	if err := r.s.Query(ctx, st, &out.Result); err != nil {
		return core.Conflict(err)
	}
	if len(st.Shape.Members) == 0 {
		out.Result.Body = appendEmpty(out.Result.Body, out.Result.Rows)
	}
	takeRows(out)
	out.Tables = append(out.Tables, b.Reads...)
	if opts.TagForm != "" && r.s.Tx == nil && tagged(b.Reads) { // what a transaction reads may be rolled back
		out.Tag = entityTag(opts.TagForm, q, &out.Result)
	}
	return finishRows(out, b, q, ro, opts)
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

// takeRows shows the result of the statement.
func takeRows(r *Rows) {
	r.Body, r.Count = r.Result.Body, r.Result.Rows
	r.More, r.Total = r.Result.More, r.Result.Total
	r.Next, r.Version, r.Inserted, r.Touched = "", 0, 0, r.Result.Rows
	r.Tag, r.Cut, r.Tables = "", "", r.Tables[:0]
}

func finishRows(r *Rows, b *sqlgen.Builder, q *Query, ro sqlgen.ReadOptions, opts ReadOptions) error {
	if r.Count == 0 || len(r.Result.Extra) == 0 {
		return nil
	}
	if opts.Page {
		if r.More || q.Limit != nil && r.Count == *q.Limit {
			r.Next = b.Cursors.Make(b.Keys, r.Result.Extra)
		}
		return nil
	}
	if opts.Single && b.Versioned { // else it stands for a row without members
		version, err := firstInt(r.Result.Extra)
		r.Version = version
		return err
	}
	return nil
}

// unknown turns the inner mark for a table that is not exposed into the answer
// for one that does not exist.
func (r reader) unknown(err error) error {
	if errors.Is(err, sqlgen.ErrNotExposed) {
		return &UnknownTableError{Table: r.table.Name}
	}
	return err
}

// decodePlan plans how rows of a query fill the struct.
func (r reader) decodePlan(ctx context.Context, q *Query) (*schema.RowPlan, error) {
	b := r.s.NewBuilder(ctx, r.scope, r.access)
	defer b.Free()
	s, err := b.Enter(r.table)
	if err != nil {
		return nil, r.unknown(err)
	}
	plan, err := b.Plan(s, q)
	if err != nil {
		return nil, err
	}
	if plan.Grouped() {
		return nil, errors.New("store: aggregates are not columns of a model; read them by a Gate, or with Bun")
	}
	if plan.Spreads() {
		return nil, errors.New("store: columns of other tables are not columns of a model; embed the relation without Spread")
	}
	return plan.Decode(), nil
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

// tagSize is the number of bytes of a hash in an entity tag.
const tagSize = 12

// tagged reports whether the answer of the statement has an entity tag: every table that it
// reads writes to the change log. A view does not say what it reads.
func tagged(reads []*Table) bool {
	return len(reads) > 0 && !slices.ContainsFunc(reads, func(t *Table) bool { return !t.Tracked || t.View })
}

// entityTag returns the opaque part of the answer's entity tag (RFC 9110, section 8.8.3): a
// hash of its form, its rows and what is sent beside them. Of the extra values the client
// gets only the cursor, and only if more rows may follow.
func entityTag(form string, q *Query, result *driver.Result) string {
	var room [128]byte
	head := append(room[:0], form...)
	head = strconv.AppendInt(append(head, 0), int64(q.Offset), 10)
	head = strconv.AppendInt(append(head, 0), result.Total, 10)
	head = strconv.AppendBool(append(head, 0), result.More)
	head = append(head, 0)
	if result.More || q.Limit != nil {
		head = append(head, result.Extra...)
	}
	hash := sha256.New()
	hash.Write(strconv.AppendInt(nil, int64(len(head)), 10))
	hash.Write(head)
	hash.Write(result.Body)
	return base64.RawURLEncoding.EncodeToString(hash.Sum(room[:0])[:tagSize])
}

// firstInt reads the first of the extra values of a row, a JSON array of integers.
func firstInt(raw []byte) (int64, error) {
	first, _, _ := bytes.Cut(bytes.Trim(raw, "[]"), []byte(","))
	n, err := strconv.ParseInt(string(first), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("store: extra values: %w", err)
	}
	return n, nil
}

// noScope replaces a nil scope. It allows nothing, and every operation in it is
// [ErrNoScope].
var noScope = new(Scope)

// orNoScope replaces nil, which means trusted code inside this package, by noScope.
func orNoScope(s *Scope) *Scope {
	if s == nil {
		return noScope
	}
	return s
}
