package store

import (
	"fmt"
	"regexp/syntax"
	"strings"
)

func (c *conds) like(s source, col *Column, op Op, v any) error {
	pattern, err := checkedPattern(col, op, v)
	if err != nil {
		return err
	}
	if op == OpILike {
		pattern = foldText(pattern)
	}
	if !sqliteLikes(pattern) {
		expr := likeRegexp(pattern)
		// On both engines, so that they answer alike. One that is too long for
		// SQLite is the application's: a request has no room for it.
		if len(pattern) <= maxSQLiteLike {
			if err := c.countSteps(expr); err != nil {
				return err
			}
		}
		if !c.pg {
			c.write("pl_regexp(")
			c.bind(KindText, expr)
			c.write(", ")
			c.likeColumn(s, col, op)
			c.write(")")
			return nil
		}
	}
	c.likeColumn(s, col, op)
	c.write(" like ")
	c.bind(KindText, pattern)
	if !c.pg {
		c.write(` escape '\'`)
	}
	return nil
}

// likeColumn writes the column of a pattern.
func (t *text) likeColumn(s source, col *Column, op Op) {
	if op == OpILike {
		t.folded(s, col)
		return
	}
	t.column(s, col)
}

// folded writes a text column in lower case, folded as foldText does.
func (t *text) folded(s source, col *Column) {
	if t.pg {
		before, after, _ := strings.Cut(t.dialect.Fold, "%s")
		t.write(before)
		t.column(s, col)
		t.write(after)
		return
	}
	t.write("pl_lower(")
	t.column(s, col)
	t.write(")")
}

func (c *conds) match(s source, col *Column, op Op, v any) error {
	pattern, err := checkedPattern(col, op, v)
	if err != nil {
		return err
	}
	write := func() { c.column(s, col) }
	if op == OpIMatch {
		pattern = foldText(pattern)
		write = func() { c.folded(s, col) }
	}
	if err := c.countSteps(dotAll + pattern); err != nil {
		return err
	}
	if c.pg {
		write()
		c.write(` collate "C" ~ `)
		c.bind(KindText, pattern)
		return nil
	}
	c.write("pl_regexp(")
	c.bind(KindText, dotAll+pattern) // on PostgreSQL a dot takes a newline
	c.write(", ")
	write()
	c.write(")")
	return nil
}

// countSteps notes a regular expression of the statement.
func (c *conds) countSteps(expr string) error {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return fmt.Errorf("store: regular expression: %w", err)
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return fmt.Errorf("store: regular expression: %w", err)
	}
	c.steps += len(prog.Inst)
	if c.steps > maxRegexpSteps {
		return &LimitError{Name: "steps of regular expressions", Limit: maxRegexpSteps}
	}
	return nil
}
