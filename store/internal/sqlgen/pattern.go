package sqlgen

import (
	"fmt"
	"regexp/syntax"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/textmatch"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

func (c *CondWriter) like(s Source, col *schema.Column, op query.Op, v any) error {
	pattern, err := query.CheckedPattern(col, op, v)
	if err != nil {
		return err
	}
	fold := op == query.OpILike
	if fold {
		pattern = textmatch.Fold(pattern)
	}
	// Counted on both engines, so that they answer alike. One that is too long for
	// SQLite is the application's: a request has no room for it.
	if !textmatch.SQLiteReads(pattern) && len(pattern) <= textmatch.MaxSQLite {
		if err := c.countSteps(textmatch.LikeRegexp(pattern)); err != nil {
			return err
		}
	}
	c.Dialect.like(&c.Writer, s, col, pattern, fold)
	return nil
}

// folding writes a text column, in lower case if fold is set.
func (t *Writer) folding(s Source, col *schema.Column, fold bool) {
	if fold {
		t.Dialect.folded(t, s, col)
		return
	}
	t.Column(s, col)
}

func (c *CondWriter) match(s Source, col *schema.Column, op query.Op, v any) error {
	pattern, err := query.CheckedPattern(col, op, v)
	if err != nil {
		return err
	}
	fold := op == query.OpIMatch
	if fold {
		pattern = textmatch.Fold(pattern)
	}
	if err := c.countSteps(textmatch.DotAll + pattern); err != nil {
		return err
	}
	c.Dialect.match(&c.Writer, s, col, pattern, fold)
	return nil
}

// countSteps notes a regular expression of the statement.
func (c *CondWriter) countSteps(expr string) error {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return fmt.Errorf("store: regular expression: %w", err)
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return fmt.Errorf("store: regular expression: %w", err)
	}
	c.steps += len(prog.Inst)
	if c.steps > textmatch.MaxRegexpSteps {
		return &fault.LimitError{Name: "steps of regular expressions", Limit: textmatch.MaxRegexpSteps}
	}
	return nil
}
