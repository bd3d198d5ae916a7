package sqlgen

import (
	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// fullText writes one of the comparisons of PostgreSQL's own search.
func (c *CondWriter) fullText(s Source, col *schema.Column, op query.Op, v any) error {
	f, ok := v.(query.FullText)
	if text, isText := v.(string); isText {
		f, ok = query.FullText{Query: text}, true
	}
	if !ok {
		return schema.OperatorError(col, "is not compared with a full-text query")
	}
	if err := value.CheckText(f.Query); err != nil {
		return col.ValueError(err, "")
	}
	query, err := query.FullTextQuery(op, f.Query)
	if err != nil {
		return &fault.ValueError{Column: col.Name, Kind: fault.ValueBadTSQuery, Reason: err.Error()}
	}
	return c.Dialect.fullText(&c.Writer, s, col, op, f.Configuration(), query)
}

// search writes OpSearch: what an index finds, and behind it the check that the index
// may need.
func (c *CondWriter) search(s Source, col *schema.Column, v any) error {
	written, err := query.CheckedPattern(col, query.OpSearch, v)
	if err != nil {
		return err
	}
	q, err := fulltext.Parse(written)
	if err != nil {
		return err
	}
	begun := false
	if !c.Unindexed {
		var check bool
		if check, begun = c.Dialect.candidates(&c.Writer, s, col, q); !check {
			return nil
		}
	}
	if begun {
		c.Write(" and ")
	}
	err = c.ofShown(s, col, func() error {
		c.Dialect.search(&c.Writer, s, col, q, written)
		return nil
	})
	if begun {
		c.Write(")")
	}
	return err
}
