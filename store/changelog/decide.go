package changelog

import (
	"context"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/write"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Ask is the question what a view sees of a change.
type Ask struct {
	Judge *Judge
	View  View
}

// Decide prepares the answers of [Judge.See] to many questions whose rules need the database:
// it evaluates a rule once for all views and changes, in one statement for each 10,000 of them.
// Without it each answer is a statement.
func Decide(ctx context.Context, on store.Session, asks []Ask) error {
	groups := map[ruleGroup]*ruleQuestions{}
	for _, a := range asks {
		if err := collect(groups, a); err != nil {
			return err
		}
	}
	for of, g := range groups {
		answers, err := write.AnswerQuestions(ctx, core.SessionOf(on), g.scope, of.table, g.uses, g.questions, func(b *sqlgen.Builder, alias string) error {
			b.Truth(true)
			return b.Limits(sqlgen.Source{Table: of.table, Alias: alias, Guard: of.guard})
		})
		if err != nil {
			return err
		}
		for i, allowed := range answers {
			g.rows[i].allow(g.scopes[i], allowed)
		}
	}
	return nil
}

// ReadsOtherRows reports whether the read rule of a view needs the database for each change,
// because it asks about other rows. See [Decide].
func (v View) ReadsOtherRows(t *schema.Table) bool {
	guard := v.Scope.GuardOf(t)
	return guard != nil && !guard.Read.IsZero() && !judgeable(guard.Read.Node())
}

// ruleGroup is what questions of one statement have in common: the rule, and the values that
// the statement binds.
type ruleGroup struct {
	table         *schema.Table
	guard         *query.Guard
	tenant, bound string
}

// ruleQuestions are the questions of a group.
type ruleQuestions struct {
	scope     *query.Scope // of one of them, for what they have in common
	uses      []sqlgen.VariableUse
	questions []write.Question
	rows      []*imageRow
	scopes    []*query.Scope
}

// collect adds the rows of a change that only the database can judge for a view.
func collect(groups map[ruleGroup]*ruleQuestions, a Ask) error {
	t, scope := a.Judge.table, a.View.Scope
	if t == nil {
		return nil
	}
	guard := scope.GuardOf(t)
	if guard == nil || guard.Read.IsZero() {
		return nil
	}
	image := image{s: a.Judge.s, table: t, scope: scope, guard: guard}
	for _, row := range []*imageRow{a.Judge.was, a.Judge.is} {
		if row == nil {
			continue
		}
		if own, err := image.guardOf(row); err != nil || own != guard {
			return err // a rule for the columns of this row
		}
		if _, decided := image.decide(guard.Read, row.values); decided {
			continue
		}
		uses, others := sqlgen.VariablesOf(guard.Read.Node())
		of := ruleGroup{t, guard, scope.Tenant, variableValues(scope, others)}
		g := groups[of]
		if g == nil {
			g = &ruleQuestions{scope: scope, uses: uses}
			groups[of] = g
		}
		g.questions = append(g.questions, write.Question{Row: row.values, Values: useValues(scope, g.uses)})
		g.rows, g.scopes = append(g.rows, row), append(g.scopes, scope)
	}
	return nil
}

// variableValues is the text of the values that a scope has for variables.
func variableValues(scope *query.Scope, names []string) string {
	var b strings.Builder
	for _, name := range names {
		text, _ := scope.Variable(name)
		b.WriteString(strconv.Quote(text))
	}
	return b.String()
}

// useValues are the values of variables as their columns hold them. One that is missing or
// cannot be read is NULL.
func useValues(scope *query.Scope, uses []sqlgen.VariableUse) []any {
	values := make([]any, len(uses))
	for i, use := range uses {
		if text, known := scope.Variable(use.Name); known {
			if v, err := use.Column.ParseText(text); err == nil {
				values[i] = v
			}
		}
	}
	return values
}
