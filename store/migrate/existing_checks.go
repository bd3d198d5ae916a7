package migrate

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// readConditions parses the conditions of indexes and checks, as far as they are in the
// language of tags.
func (f *found) readConditions(t *store.Table) {
	parse := func(text string) *schema.Condition {
		c, err := schema.ParseCondition(t, text)
		if err != nil {
			return nil // written by hand, and more than tags can say
		}
		return c
	}
	for i, ix := range f.indexes {
		if ix.text != "" {
			f.indexes[i].where = parse(ix.text)
		}
	}
	for i, k := range f.checks {
		f.checks[i].condition = parse(k.text)
	}
}

// compareChecks adds the checks that are missing, and replaces those of the same name that
// say something else. Rows are never changed: a check that they break is for a person.
func (e *existing) compareChecks(ctx context.Context) error {
	for _, want := range e.table.Checks {
		if slices.ContainsFunc(want.Columns, func(c *store.Column) bool { return e.absent[c.Name] }) {
			continue // comes with the column
		}
		if slices.ContainsFunc(e.found.checks, func(k foundCheck) bool { return k.condition.Same(want.Condition) }) {
			continue
		}
		if err := e.addCheck(ctx, want); err != nil {
			return err
		}
	}
	e.staleChecks()
	return nil
}

func (e *existing) addCheck(ctx context.Context, want *schema.Check) error {
	var steps []string
	problem := fmt.Sprintf("%s has no check (%s)", e.table.Name, want.Condition)
	if slices.ContainsFunc(e.found.checks, func(k foundCheck) bool { return k.name == want.Name }) {
		problem = fmt.Sprintf("check %s of %s is not (%s)", want.Name, e.table.Name, want.Condition)
		steps = append(steps, e.dropCheck(want.Name))
	}
	steps = append(steps, "alter table "+quote(e.table.Name)+" add "+e.engine.addedCheck(want))
	broken, err := e.breaks(ctx, want)
	switch {
	case err != nil:
		return err
	case broken:
		e.person(true, problem, "rows break it: change them, then "+strings.Join(steps, "; "))
	default:
		e.problems = append(e.problems, problem)
		e.constraints = append(e.constraints, steps...)
	}
	return nil
}

func (e *existing) dropCheck(name string) string {
	return "alter table " + quote(e.table.Name) + " drop constraint " + quote(name)
}

// staleChecks names the checks that look like those of tags and that no tag has.
func (e *existing) staleChecks() {
	for _, k := range e.found.checks {
		if k.condition == nil || k.name == "" {
			continue
		}
		base := e.table.Name + "_" + schema.JoinNames(k.condition.Columns(), "_") + "_check"
		ours, _ := regexp.MatchString("^"+regexp.QuoteMeta(base)+"[0-9]*$", k.name)
		wanted := slices.ContainsFunc(e.table.Checks, func(c *schema.Check) bool {
			return c.Name == k.name || c.Condition.Same(k.condition)
		})
		if ours && !wanted {
			e.person(false, fmt.Sprintf("check %s of %s is in no tag", k.name, e.table.Name),
				fmt.Sprintf("tag a column with check=%s, or when no program needs it any more, %s", k.condition, e.dropCheck(k.name)))
		}
	}
}
