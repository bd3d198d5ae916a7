package access

import (
	"iter"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// DecodeTexts reads rows of texts, such as CSV or forms, as rows of the table. Each row
// has one text for each name, parsed as an operand of a condition on the column. It
// accepts the names that [Gate.DecodeInput] accepts, each once. An error of rows is
// returned unchanged.
func (g Gate) DecodeTexts(names []string, rows iter.Seq2[[]string, error], opts InputOptions) (*Input, error) {
	d, err := g.inputDecoder(opts)
	if err != nil {
		return nil, err
	}
	columns, err := d.named(names)
	if err != nil {
		return nil, err
	}
	for texts, err := range rows {
		if err != nil {
			return nil, err
		}
		if err := d.addTexts(columns, texts); err != nil {
			return nil, err
		}
	}
	return &Input{d.in}, nil
}

// named finds the columns of names, nil where the texts are passed over.
func (d *inputDecoder) named(names []string) ([]*schema.Column, error) {
	columns := make([]*schema.Column, len(names))
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		if seen[name] {
			return nil, &fault.BodyError{Reason: "a column is named twice"}
		}
		seen[name] = true
		if !d.listed(name) {
			continue
		}
		var err error
		if columns[i], err = d.column(name); err != nil {
			return nil, err
		}
	}
	return columns, nil
}

func (d *inputDecoder) addTexts(columns []*schema.Column, texts []string) error {
	if len(texts) != len(columns) {
		return &fault.BodyError{Reason: "every row must have as many values as there are names"}
	}
	row, err := d.newRow()
	if err != nil {
		return err
	}
	for i, c := range columns {
		d.sent += len(texts[i])
		if c == nil {
			continue
		}
		d.in.Given.Add(c)
		if row[c.Index] = nil; d.opts.Null != "" && texts[i] == d.opts.Null {
			continue
		}
		bound, err := c.ParseText(texts[i])
		if err == nil {
			err = d.text(c, len(texts[i]), bound)
		}
		if err != nil {
			return err
		}
		if c.Kind == driver.KindJSON && c.Nullable && value.IsNullDocument(bound) {
			bound = nil // as from JSON
		}
		row[c.Index] = bound
	}
	d.in.Rows = append(d.in.Rows, row)
	return nil
}
