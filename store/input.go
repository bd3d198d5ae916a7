package store

import (
	"errors"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Input is decoded rows to be inserted: for each row one value for each column
// of the table, or absent.
type Input struct {
	table *Table
	rows  [][]any
	given ColumnSet // columns that any row gives
}

// Len returns the number of rows.
func (in *Input) Len() int { return len(in.rows) }

// InputOptions are the options of [Gate.DecodeInput].
type InputOptions struct {
	// Columns limits the members that are read; others are ignored. Nil reads
	// all, and then every object must have the same members.
	Columns []string

	// MissingDefault sets a listed column that is absent from an object to its default
	// instead of NULL.
	MissingDefault bool

	// Upsert accepts columns that the scope may read but not write, and ignores them.
	// It allows to send back whole rows.
	Upsert bool

	// MaxRows is the largest number of rows; zero sets no limit.
	MaxRows int

	// Null is the text for NULL in rows of texts. If it is empty no text is NULL.
	Null string
}

// DecodeInput reads one JSON object or an array of objects as rows of the
// table. Members must be columns the scope may give on insert: a name it may
// not know is an [UnknownColumnError], one it may only read a
// [ReadOnlyColumnError].
func (g Gate) DecodeInput(body []byte, opts InputOptions) (*Input, error) {
	doc, err := strictjson.Parse(body, strictjson.Limits{})
	if err != nil {
		return nil, err
	}
	d, err := g.inputDecoder(opts)
	if err != nil {
		return nil, err
	}
	d.sent = len(body)
	switch doc.Kind() {
	case strictjson.Object:
		err = d.add(doc)
	case strictjson.Array:
		for _, v := range doc.Elements() {
			if err = d.add(v); err != nil {
				break
			}
		}
	default:
		err = &BodyError{Reason: "the body must be an object or an array of objects"}
	}
	return d.in, err
}

type inputDecoder struct {
	gate    Gate
	in      *Input
	opts    InputOptions
	columns []*Column // of opts.Columns
	first   []*Column // of the first object

	sent, grown int // bytes of the body, and by how many its texts have become longer
}

// text counts a text that a column has taken as a number or a document: written out, an
// exponent of four characters is 400. A body is bounded as numbers in JSON are, see
// strictjson's Growth, which does not see those in texts.
func (d *inputDecoder) text(c *Column, sent int, value any) error {
	if c.Kind != KindDecimal && c.Kind != KindJSON {
		return nil
	}
	written, _ := value.(string)
	d.grown += max(len(written)-sent, 0)
	if most := d.sent + strictjson.FreeGrowth; d.grown > most {
		return &LimitError{Name: "bytes more than were sent, with the exponents of numbers written out", Limit: most}
	}
	return nil
}

func (g Gate) inputDecoder(opts InputOptions) (*inputDecoder, error) {
	d := &inputDecoder{gate: g, in: &Input{table: g.table}, opts: opts}
	if opts.Columns == nil {
		return d, nil
	}
	d.columns = []*Column{}
	for _, name := range opts.Columns {
		c, err := d.column(name)
		if err != nil {
			return nil, err
		}
		if c != nil {
			d.columns = append(d.columns, c)
		}
	}
	return d, nil
}

func (d *inputDecoder) add(v strictjson.Value) error {
	if v.Kind() != strictjson.Object {
		return &BodyError{Reason: "every row must be an object"}
	}
	row, err := d.newRow()
	if err != nil {
		return err
	}
	seen := make([]*Column, 0, len(row))
	for key, member := range v.Members() {
		if !d.listed(string(key)) {
			continue
		}
		c, err := d.column(string(key))
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		if row[c.Index], err = c.ParseJSON(member.Raw()); err != nil {
			return err
		}
		if member.Kind() == strictjson.String {
			if err := d.text(c, len(member.Raw()), row[c.Index]); err != nil {
				return err
			}
		}
		d.in.given.Add(c)
		seen = append(seen, c)
	}
	d.in.rows = append(d.in.rows, row)
	return d.sameMembers(seen)
}

// newRow returns a row in which nothing is given yet.
func (d *inputDecoder) newRow() ([]any, error) {
	if d.opts.MaxRows > 0 && len(d.in.rows) == d.opts.MaxRows {
		return nil, &LimitError{Name: "rows", Limit: d.opts.MaxRows}
	}
	row := make([]any, len(d.in.table.Columns))
	for i := range row {
		row[i] = value.Absent{}
	}
	if d.columns != nil && !d.opts.MissingDefault {
		for _, c := range d.columns {
			row[c.Index] = nil
			d.in.given.Add(c)
		}
	}
	return row, nil
}

// listed reports whether a member is to be read.
func (d *inputDecoder) listed(name string) bool {
	return d.columns == nil || slices.ContainsFunc(d.columns, func(c *Column) bool { return c.Name == name })
}

// column finds the column of a member; nil if its value is not to be written. In an
// upsert a key made by the database identifies the row.
func (d *inputDecoder) column(name string) (*Column, error) {
	c, err := d.gate.writableColumn(name, true)
	if _, readOnly := errors.AsType[*ReadOnlyColumnError](err); readOnly && d.opts.Upsert {
		if known := d.in.table.Column(name); known.Generated {
			return known, nil
		}
		return nil, nil
	}
	return c, err
}

// sameMembers rejects objects with different members, as the wire format requires.
func (d *inputDecoder) sameMembers(seen []*Column) error {
	if d.columns != nil {
		return nil
	}
	if len(d.in.rows) == 1 {
		d.first = seen
		return nil
	}
	same := len(seen) == len(d.first)
	for _, c := range seen {
		same = same && slices.Contains(d.first, c)
	}
	if !same {
		return &BodyError{Reason: "All object keys must match"}
	}
	return nil
}

// writableColumn finds a column by the name in a body and rejects those the scope may
// not write. Preset columns pass; their values are compared later.
func (g Gate) writableColumn(name string, create bool) (*Column, error) {
	if err := g.checkScope(); err != nil {
		return nil, err
	}
	c := g.table.Column(name)
	if g.scope == nil {
		if c == nil {
			return nil, g.unknownMember(name, nil)
		}
		return c, nil
	}
	guard := g.scope.GuardOf(g.table)
	switch {
	case guard == nil:
		return nil, &UnknownTableError{Table: g.table.Name}
	case c == nil:
		return nil, g.unknownMember(name, guard)
	}
	writable := guard.Updatable
	if create {
		writable = guard.Creatable
	}
	if writable.Has(c) || guard.Preset(c) != nil && c.Mode < Hidden {
		return c, nil
	}
	if !guard.Readable.Has(c) && !guard.Creatable.Has(c) && !guard.Updatable.Has(c) {
		return nil, g.unknownMember(name, guard)
	}
	return nil, &ReadOnlyColumnError{Table: g.table.Name, Column: name}
}

// unknownMember is the error for a member of a body that is not a column.
func (g Gate) unknownMember(name string, guard *Guard) error {
	return &UnknownColumnError{Table: g.table.Name, Column: name, Payload: true, Near: query.NearestColumn(g.table, name, guard)}
}

// Patch is decoded assignments of an update.
type Patch struct {
	table   *Table
	sets    []assignment
	restore bool
}

// Empty reports whether the patch sets nothing.
func (p *Patch) Empty() bool { return len(p.sets) == 0 && !p.restore }

// restores reports whether an object restores deleted rows: it only sets the column of
// [SoftDelete] to null, and the scope may restore rows. For other scopes the column is
// unknown.
func (g Gate) restores(doc strictjson.Value) bool {
	if g.table.DeletedAt == nil {
		return false
	}
	if g.scope != nil {
		guard := g.scope.GuardOf(g.table)
		if guard == nil || guard.Restore.IsZero() {
			return false
		}
	}
	members, null := 0, false
	for key, member := range doc.Members() {
		members++
		null = string(key) == g.table.DeletedAt.Name && member.Kind() == strictjson.Null
	}
	return members == 1 && null
}

// DecodePatch reads one JSON object as assignments. Only the columns listed are read;
// nil reads all. Members must be columns the scope may set on update. An object that
// only sets the column of [SoftDelete] to null restores deleted rows if the scope may
// restore, see [Gate.Restore].
func (g Gate) DecodePatch(body []byte, columns []string) (*Patch, error) {
	doc, err := strictjson.Parse(body, strictjson.Limits{})
	if err != nil {
		return nil, err
	}
	if doc.Kind() == strictjson.Array {
		// Clients may wrap the one object.
		var one strictjson.Value
		for i, v := range doc.Elements() {
			if i > 0 {
				return nil, &BodyError{Reason: "an update takes one object"}
			}
			one = v
		}
		doc = one
	}
	if doc.Kind() != strictjson.Object {
		return nil, &BodyError{Reason: "an update takes one object"}
	}
	if columns == nil && g.restores(doc) {
		return &Patch{table: g.table, restore: true}, nil
	}
	for _, name := range columns {
		if _, err := g.writableColumn(name, false); err != nil {
			return nil, err
		}
	}
	p := &Patch{table: g.table}
	for key, member := range doc.Members() {
		if columns != nil && !slices.Contains(columns, string(key)) {
			continue
		}
		c, err := g.writableColumn(string(key), false)
		if err != nil {
			return nil, err
		}
		v, err := c.ParseJSON(member.Raw())
		if err != nil {
			return nil, err
		}
		p.sets = append(p.sets, assignment{column: c, value: v})
	}
	return p, nil
}

// Identify checks that the one row of the input has the key of a condition, see
// [FixesKey]. It reports false if the row has another key. With fill it sets the
// key of a row without one. A key column that the scope may not write is an error,
// unless the database makes the key: then it identifies the row.
func (g Gate) Identify(in *Input, where Cond, fill bool) (bool, error) {
	bound, err := Bind(g.table, where)
	if err != nil {
		return false, err
	}
	for _, n := range query.Conjuncts(bound) {
		c := n.Column
		_, err := g.writableColumn(c.Name, true)
		if _, readOnly := errors.AsType[*ReadOnlyColumnError](err); err != nil && (!readOnly || !c.Generated) {
			return false, err
		}
		row := in.rows[0]
		if _, gap := row[c.Index].(value.Absent); gap && fill {
			row[c.Index] = n.Operand.Value
			in.given.Add(c)
			continue
		}
		if _, gap := row[c.Index].(value.Absent); gap || !value.SameValue(c.Kind, row[c.Index], n.Operand.Value) {
			return false, nil
		}
	}
	return true, nil
}
