package store

import (
	"context"
	"fmt"
	"reflect"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/internal/write"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// repo implements repositories independently of the type of the model.
type repo struct {
	s      core.Session
	table  *Table
	scope  *Scope
	access sqlgen.Exemptions
	err    error // of registering the model
}

func (r *repo) with(change func(*repo)) *repo {
	c := *r
	change(&c)
	return &c
}

func (r *repo) reader() read.Reader {
	own := read.Reader{Session: r.s, Table: r.table, Scope: r.scope, Exemptions: r.access}
	if r.scope != nil {
		own.Session.Scope, own.Exemptions = r.scope, sqlgen.Exemptions{}
	}
	return own
}

// key returns the condition for a primary key.
func (r *repo) key(id any) (Cond, error) {
	if r.err != nil {
		return Cond{}, r.err
	}
	keys := r.table.PrimaryKey
	values, composite := id.([]any)
	if !composite {
		values = []any{id}
	}
	if len(keys) == 0 || len(values) != len(keys) {
		return Cond{}, fmt.Errorf("store: the primary key of %s has %d columns, not %d", r.table.Name, len(keys), len(values))
	}
	conds := make([]Cond, len(keys))
	for i, k := range keys {
		conds[i] = Compare(k.Name, query.OpEq, values[i])
	}
	return And(conds...), nil
}

// list reads rows into a slice of structs and returns the cursor behind them.
func (r *repo) list(ctx context.Context, q *Query, paged bool, dst reflect.Value) (query.Cursor, error) {
	if r.err != nil {
		return "", r.err
	}
	opts := query.ReadOptions{Page: paged}
	if paged && len(r.table.PrimaryKey) == 0 {
		return "", fmt.Errorf("store: the rows of %s have no key to continue from; use List", r.table.Name)
	}
	asked := q.untyped()
	if paged && q.Limit != nil && *q.Limit > 0 {
		opts.MaxRows, asked.Limit = *q.Limit, nil
	}
	var out query.Rows
	own := r.reader()
	if err := own.Get(ctx, &asked, opts, &out); err != nil {
		return "", err
	}
	plan, err := own.DecodePlan(ctx, &asked)
	if err != nil {
		return "", err
	}
	if err := r.table.DecodeRows(out.Body, plan, dst); err != nil {
		return "", err
	}
	if !out.More {
		return "", nil
	}
	return out.Next, nil
}

func (r *repo) count(ctx context.Context, where Cond) (int64, error) {
	if r.err != nil {
		return 0, r.err
	}
	var out query.Rows
	q := query.Query{Where: where, Select: []query.Selected{}, Limit: Limit(0), Count: true}
	err := r.reader().Get(ctx, &q, query.ReadOptions{}, &out)
	return out.Total, err
}

func (r *repo) insert(ctx context.Context, row reflect.Value, conflict []string, upsert bool) error {
	if r.err != nil {
		return r.err
	}
	in, err := r.input(row)
	if err != nil {
		return err
	}
	var out query.Rows
	own := r.reader()
	opts := query.WriteOptions{Return: &query.Query{}}
	if upsert {
		err = write.Upsert(ctx, own, in, query.UpsertOptions{WriteOptions: opts, Conflict: conflict}, &out)
	} else {
		err = write.Insert(ctx, own, in, opts, &out)
	}
	if err != nil {
		return err
	}
	return r.fill(ctx, own, &out, row)
}

// input reads a struct as a row to be inserted. In a scope it may only hold
// what the scope may create.
func (r *repo) input(row reflect.Value) (*write.Input, error) {
	values, err := r.table.ReadStruct(row)
	if err != nil {
		return nil, err
	}
	in := &write.Input{Rows: [][]any{values}}
	var guard *Guard
	if r.scope != nil {
		if guard = r.scope.GuardOf(r.table); guard == nil {
			return nil, &fault.UnknownTableError{Table: r.table.Name}
		}
	}
	for i, c := range r.table.Columns {
		zero := c.FieldOf(row).IsZero()
		if zero && (c.Generated || guard != nil && guard.Preset(c) != nil) {
			values[i] = value.Absent{}
			continue
		}
		if guard == nil || guard.Creatable.Has(c) || guard.Preset(c) != nil {
			in.Given.Add(c)
			continue
		}
		if !zero && !r.table.Managed(c) {
			return nil, &fault.ReadOnlyColumnError{Table: r.table.Name, Column: c.Name}
		}
	}
	return in, nil
}

// fill reads the one returned row into a struct. A row the scope may not read
// leaves the struct as it was.
func (r *repo) fill(ctx context.Context, own read.Reader, out *query.Rows, row reflect.Value) error {
	if out.Count == 0 {
		return nil
	}
	plan, err := own.DecodePlan(ctx, &query.Query{})
	if err != nil {
		return err
	}
	return r.table.DecodeRow(out.Body, plan, row)
}

func (r *repo) save(ctx context.Context, row reflect.Value) error {
	if r.err != nil {
		return r.err
	}
	values, err := r.table.ReadStruct(row)
	if err != nil {
		return err
	}
	guard := r.scope.GuardOf(r.table)
	p := new(write.Patch)
	for i, c := range r.table.Columns {
		if c.Key || r.table.Managed(c) || guard != nil && !guard.Updatable.Has(c) {
			continue
		}
		p.Sets = append(p.Sets, write.Assignment{Column: c, Value: values[i]})
	}
	opts := query.WriteOptions{Return: &query.Query{}, ByKey: true}
	if v := r.table.Version; v != nil {
		version, _ := values[v.Index].(int64)
		opts.Versions = []int64{version}
	}
	var out query.Rows
	own := r.reader()
	if err := write.Update(ctx, own, p, query.RowKey(r.table, values), opts, &out); err != nil {
		return err
	}
	return r.fill(ctx, own, &out, row)
}

func (r *repo) patch(ctx context.Context, id any, sets []Set, row reflect.Value) error {
	where, err := r.key(id)
	if err != nil {
		return err
	}
	p, err := r.assignments(sets)
	if err != nil {
		return err
	}
	var out query.Rows
	own := r.reader()
	if err := write.Update(ctx, own, p, where, query.WriteOptions{Return: &query.Query{}, ByKey: true}, &out); err != nil {
		return err
	}
	return r.fill(ctx, own, &out, row)
}

func (r *repo) patchWhere(ctx context.Context, where Cond, sets []Set) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if where.IsZero() {
		return 0, errNoCondition
	}
	p, err := r.assignments(sets)
	if err != nil {
		return 0, err
	}
	var out query.Rows
	err = write.Update(ctx, r.reader(), p, where, query.WriteOptions{}, &out)
	return out.Count, err
}

func (r *repo) patchExactly(ctx context.Context, n int, where Cond, sets []Set, dst reflect.Value) error {
	if r.err != nil {
		return r.err
	}
	if where.IsZero() {
		return errNoCondition
	}
	if n < 1 {
		return fmt.Errorf("store: PatchExactly is for one row at least, not %d", n)
	}
	p, err := r.assignments(sets)
	if err != nil {
		return err
	}
	var out query.Rows
	own := r.reader()
	if err := write.Update(ctx, own, p, where, query.WriteOptions{Return: &query.Query{}, Exactly: n}, &out); err != nil {
		return err
	}
	plan, err := own.DecodePlan(ctx, &query.Query{})
	if err != nil {
		return err
	}
	return r.table.DecodeRows(out.Body, plan, dst)
}

// assignments converts sets to bound values. In a scope they must be columns it
// may update.
func (r *repo) assignments(sets []Set) (*write.Patch, error) {
	p := new(write.Patch)
	for _, s := range sets {
		c, err := s.column(r.table)
		if err != nil {
			return nil, err
		}
		if _, err := write.WritableColumn(r.reader(), c.Name, false); err != nil {
			return nil, err
		}
		if c.Key || c == r.table.Version || c == r.table.UpdatedAt {
			return nil, fmt.Errorf("store: column %s.%s cannot be set: a row keeps its key, and every update sets version and time", r.table.Name, c.Name)
		}
		v, err := c.ParseSet(s.value)
		if err != nil {
			return nil, err
		}
		p.Sets = append(p.Sets, write.Assignment{Column: c, Value: v, Add: s.add})
	}
	return p, nil
}

// change runs a delete or restore.
func (r *repo) change(ctx context.Context, where Cond, do changeFunc) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	var out query.Rows
	err := do(ctx, r.reader(), where, query.WriteOptions{}, &out)
	return out.Count, err
}

type changeFunc func(ctx context.Context, r read.Reader, where Cond, opts query.WriteOptions, out *query.Rows) error

func (r *repo) byKey(ctx context.Context, id any, do changeFunc) error {
	where, err := r.key(id)
	if err != nil {
		return err
	}
	var out query.Rows
	return do(ctx, r.reader(), where, query.WriteOptions{ByKey: true}, &out)
}
