// Package read runs queries of one table in the name of a scope: it compiles them, runs them,
// and says what the client is to know of the answer.
package read

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
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Reader reads one table in a session and a scope.
type Reader struct {
	Session    core.Session
	Table      *schema.Table
	Scope      *query.Scope
	Exemptions sqlgen.Exemptions
}

// CheckScope rejects a reader that was made without the scope it needs, see [RequireScope].
func (r Reader) CheckScope() error {
	if r.Scope == noScope {
		return fault.ErrNoScope
	}
	return nil
}

// Get reads the rows of a query, see access.Gate.Read.
func (r Reader) Get(ctx context.Context, q *query.Query, opts query.ReadOptions, out *query.Rows) error {
	return r.Read(ctx, q, r.StatementOptions(q, opts), opts, out)
}

// Read reads within the budget of rows.
func (r Reader) Read(ctx context.Context, q *query.Query, ro sqlgen.StatementOptions, opts query.ReadOptions, out *query.Rows) error {
	err := r.readOnce(ctx, q, ro, opts, out)
	if !errors.Is(err, core.ErrTooManyRows) {
		return err
	}
	lowered, cut, err := r.lowerLimits(ctx, q, ro, opts)
	if err != nil {
		return err
	}
	if err = r.readOnce(ctx, lowered, ro, opts, out); errors.Is(err, core.ErrTooManyRows) {
		return BudgetError(q, opts.Budget)
	}
	out.Cut = cut
	return err
}

// StatementOptions returns what a read needs besides the members of the query.
func (r Reader) StatementOptions(q *query.Query, opts query.ReadOptions) sqlgen.StatementOptions {
	return sqlgen.StatementOptions{
		Page: opts.Page, Single: opts.Single && !opts.Page && q.After == "", Groups: !opts.Single && q.After == "", Version: opts.Single,
	}
}

// Compile writes the statement of a query into a builder.
func (r Reader) Compile(ctx context.Context, b *sqlgen.Builder, q *query.Query, ro sqlgen.StatementOptions, opts query.ReadOptions) (*driver.Statement, error) {
	if opts.Page || q.After != "" {
		key, err := r.Session.CursorKey(ctx)
		if err != nil {
			return nil, err
		}
		b.Cursors = key
	}
	asked := q
	if opts.MaxRows > 0 && (q.Limit == nil || *q.Limit > opts.MaxRows) {
		// One more row shows whether there are more.
		limited := *q
		limited.Limit = query.Limit(opts.MaxRows + 1)
		asked = &limited
	}
	b.Budget = opts.Budget
	shape, err := b.Read(r.Table, asked, ro)
	if err != nil {
		return nil, r.TableError(err)
	}
	st := b.Statement(shape)
	st.Table, st.Op = r.Table.Name, "select"
	st.MaxRows, st.MaxBytes = opts.MaxRows, opts.MaxBytes
	return st, nil
}

// readOnce compiles a query and runs it.
func (r Reader) readOnce(ctx context.Context, q *query.Query, ro sqlgen.StatementOptions, opts query.ReadOptions, out *query.Rows) error {
	if err := r.CheckScope(); err != nil {
		return err
	}
	b := r.Session.NewBuilder(ctx, r.Scope, r.Exemptions)
	defer b.Free()
	st, err := r.Compile(ctx, b, q, ro, opts)
	if err != nil {
		return err
	}
	out.Result.Reset()
	if err := r.Session.Query(ctx, st, &out.Result); err != nil {
		return core.Conflict(err)
	}
	if len(st.Shape.Members) == 0 {
		out.Result.Body = AppendEmpty(out.Result.Body, out.Result.Rows)
	}
	FillRows(out)
	out.Tables = append(out.Tables, b.Reads...)
	if opts.TagForm != "" && r.Session.Tx == nil && tagged(b.Reads) { // what a transaction reads may be rolled back
		out.Tag = entityTag(opts.TagForm, q, &out.Result)
	}
	return finishRows(out, b, q, ro, opts)
}

// AppendEmpty appends rows without members.
func AppendEmpty(dst []byte, rows int) []byte {
	for i := range rows {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, "{}"...)
	}
	return dst
}

// FillRows sets the fields of an answer from the result of its statement.
func FillRows(r *query.Rows) {
	r.Body, r.Count = r.Result.Body, r.Result.Rows
	r.More, r.Total = r.Result.More, r.Result.Total
	r.Next, r.Version, r.Inserted, r.Touched = "", 0, 0, r.Result.Rows
	r.Tag, r.Cut, r.Tables = "", "", r.Tables[:0]
}

func finishRows(r *query.Rows, b *sqlgen.Builder, q *query.Query, ro sqlgen.StatementOptions, opts query.ReadOptions) error {
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
		version, err := FirstExtra(r.Result.Extra)
		r.Version = version
		return err
	}
	return nil
}

// TableError turns [sqlgen.ErrNotExposed] into the error for a table that does not exist.
func (r Reader) TableError(err error) error {
	if errors.Is(err, sqlgen.ErrNotExposed) {
		return &fault.UnknownTableError{Table: r.Table.Name}
	}
	return err
}

// DecodePlan plans how rows of a query fill the struct.
func (r Reader) DecodePlan(ctx context.Context, q *query.Query) (*schema.DecodePlan, error) {
	b := r.Session.NewBuilder(ctx, r.Scope, r.Exemptions)
	defer b.Free()
	b.Typed = true
	s, err := b.Enter(r.Table)
	if err != nil {
		return nil, r.TableError(err)
	}
	plan, err := b.Plan(s, q)
	if err != nil {
		return nil, err
	}
	return plan.DecodePlan(), nil
}

// tagSize is the number of bytes of a hash in an entity tag.
const tagSize = 12

// tagged reports whether the answer of the statement has an entity tag: every table that it
// reads writes to the change log. A view does not say what it reads.
func tagged(reads []*schema.Table) bool {
	return len(reads) > 0 && !slices.ContainsFunc(reads, func(t *schema.Table) bool { return !t.Tracked || t.View })
}

// entityTag returns the opaque part of the answer's entity tag (RFC 9110, section 8.8.3): a
// hash of its form, its rows and what is sent beside them. Of the extra values the client
// gets only the cursor, and only if more rows may follow.
func entityTag(form string, q *query.Query, result *driver.Result) string {
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

// FirstExtra reads the first of the extra values of a row, a JSON array of integers.
func FirstExtra(raw []byte) (int64, error) {
	first, _, _ := bytes.Cut(bytes.Trim(raw, "[]"), []byte(","))
	n, err := strconv.ParseInt(string(first), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("store: extra values: %w", err)
	}
	return n, nil
}

// noScope stands for a scope that is missing.
var noScope = new(query.Scope)

// RequireScope returns the scope. For nil, which means trusted code in a [Reader], it returns
// one in which every operation is [fault.ErrNoScope].
func RequireScope(s *query.Scope) *query.Scope {
	if s == nil {
		return noScope
	}
	return s
}
