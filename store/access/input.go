package access

import (
	"errors"
	"slices"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/read"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/internal/write"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Input is decoded rows to be inserted: for each row one value for each column
// of the table, or absent.
type Input struct{ in write.Input }

// Len returns the number of rows.
func (in *Input) Len() int { return len(in.in.Rows) }

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
// not know is an [fault.UnknownColumnError], one it may only read a
// [fault.ReadOnlyColumnError].
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
		err = &fault.BodyError{Reason: "the body must be an object or an array of objects"}
	}
	return &Input{d.in}, err
}

type inputDecoder struct {
	r       read.Reader
	in      write.Input
	opts    InputOptions
	columns []*schema.Column // of opts.Columns
	first   []*schema.Column // of the first object

	sent, grown int // bytes of the body, and by how many its texts have become longer
}

// text counts a text that a column has taken as a number or a document: written out, an
// exponent of four characters is 400. A body is bounded as numbers in JSON are, see
// strictjson's Growth, which does not see those in texts.
func (d *inputDecoder) text(c *schema.Column, sent int, value any) error {
	if c.Kind != driver.KindDecimal && c.Kind != driver.KindJSON {
		return nil
	}
	written, _ := value.(string)
	d.grown += max(len(written)-sent, 0)
	if most := d.sent + strictjson.FreeGrowth; d.grown > most {
		return &fault.LimitError{Name: "bytes more than were sent, with the exponents of numbers written out", Limit: most}
	}
	return nil
}

func (g Gate) inputDecoder(opts InputOptions) (*inputDecoder, error) {
	d := &inputDecoder{r: g.r, opts: opts}
	if opts.Columns == nil {
		return d, nil
	}
	d.columns = []*schema.Column{}
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
		return &fault.BodyError{Reason: "every row must be an object"}
	}
	row, err := d.newRow()
	if err != nil {
		return err
	}
	seen := make([]*schema.Column, 0, len(row))
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
		d.in.Given.Add(c)
		seen = append(seen, c)
	}
	d.in.Rows = append(d.in.Rows, row)
	return d.sameMembers(seen)
}

// newRow returns a row in which nothing is given yet.
func (d *inputDecoder) newRow() ([]any, error) {
	if d.opts.MaxRows > 0 && len(d.in.Rows) == d.opts.MaxRows {
		return nil, &fault.LimitError{Name: "rows", Limit: d.opts.MaxRows}
	}
	row := make([]any, len(d.r.Table.Columns))
	for i := range row {
		row[i] = value.Absent{}
	}
	if d.columns != nil && !d.opts.MissingDefault {
		for _, c := range d.columns {
			row[c.Index] = nil
			d.in.Given.Add(c)
		}
	}
	return row, nil
}

// listed reports whether a member is to be read.
func (d *inputDecoder) listed(name string) bool {
	return d.columns == nil || slices.ContainsFunc(d.columns, func(c *schema.Column) bool { return c.Name == name })
}

// column finds the column of a member; nil if its value is not to be written. In an
// upsert a key made by the database identifies the row.
func (d *inputDecoder) column(name string) (*schema.Column, error) {
	c, err := write.WritableColumn(d.r, name, true)
	if _, readOnly := errors.AsType[*fault.ReadOnlyColumnError](err); readOnly && d.opts.Upsert {
		if known := d.r.Table.Column(name); known.Generated {
			return known, nil
		}
		return nil, nil
	}
	return c, err
}

// sameMembers rejects objects with different members, as the wire format requires.
func (d *inputDecoder) sameMembers(seen []*schema.Column) error {
	if d.columns != nil {
		return nil
	}
	if len(d.in.Rows) == 1 {
		d.first = seen
		return nil
	}
	same := len(seen) == len(d.first)
	for _, c := range seen {
		same = same && slices.Contains(d.first, c)
	}
	if !same {
		return &fault.BodyError{Reason: "All object keys must match"}
	}
	return nil
}

// Patch is decoded assignments of an update.
type Patch struct{ patch write.Patch }

// Empty reports whether the patch sets nothing.
func (p *Patch) Empty() bool { return len(p.patch.Sets) == 0 && !p.patch.Restore }

// restores reports whether an object restores deleted rows: it only sets the column of
// store.SoftDelete to null, and the scope may restore rows. For other scopes the column is
// unknown.
func (g Gate) restores(doc strictjson.Value) bool {
	if g.r.Table.DeletedAt == nil {
		return false
	}
	if g.r.Scope != nil {
		guard := g.r.Scope.GuardOf(g.r.Table)
		if guard == nil || guard.Restore.IsZero() {
			return false
		}
	}
	members, null := 0, false
	for key, member := range doc.Members() {
		members++
		null = string(key) == g.r.Table.DeletedAt.Name && member.Kind() == strictjson.Null
	}
	return members == 1 && null
}

// DecodePatch reads one JSON object as assignments. Only the columns listed are read;
// nil reads all. Members must be columns the scope may set on update. An object that
// only sets the column of store.SoftDelete to null restores deleted rows if the scope may
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
				return nil, &fault.BodyError{Reason: "an update takes one object"}
			}
			one = v
		}
		doc = one
	}
	if doc.Kind() != strictjson.Object {
		return nil, &fault.BodyError{Reason: "an update takes one object"}
	}
	if columns == nil && g.restores(doc) {
		return &Patch{write.Patch{Restore: true}}, nil
	}
	for _, name := range columns {
		if _, err := write.WritableColumn(g.r, name, false); err != nil {
			return nil, err
		}
	}
	p := new(Patch)
	for key, member := range doc.Members() {
		if columns != nil && !slices.Contains(columns, string(key)) {
			continue
		}
		c, err := write.WritableColumn(g.r, string(key), false)
		if err != nil {
			return nil, err
		}
		v, err := c.ParseJSON(member.Raw())
		if err != nil {
			return nil, err
		}
		p.patch.Sets = append(p.patch.Sets, write.Assignment{Column: c, Value: v})
	}
	return p, nil
}

// Identify checks that the one row of the input has the key of a condition, see
// [query.FixesKey]. It reports false if the row has another key. With fill it sets the
// key of a row without one. A key column that the scope may not write is an error,
// unless the database makes the key: then it identifies the row.
func (g Gate) Identify(in *Input, where query.Cond, fill bool) (bool, error) {
	bound, err := query.Bind(g.r.Table, where)
	if err != nil {
		return false, err
	}
	for _, n := range query.Conjuncts(bound) {
		c := n.Column
		_, err := write.WritableColumn(g.r, c.Name, true)
		if _, readOnly := errors.AsType[*fault.ReadOnlyColumnError](err); err != nil && (!readOnly || !c.Generated) {
			return false, err
		}
		row := in.in.Rows[0]
		if _, gap := row[c.Index].(value.Absent); gap && fill {
			row[c.Index] = n.Operand.Value
			in.in.Given.Add(c)
			continue
		}
		if _, gap := row[c.Index].(value.Absent); gap || !value.SameValue(c.Kind, row[c.Index], n.Operand.Value) {
			return false, nil
		}
	}
	return true, nil
}
