package store

import (
	"slices"
	"strconv"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// check is a condition on the finished row that Go could not decide: the rule
// for it, or that a foreign key the client wrote points to a row the scope can
// see.
type check struct {
	rule      *node      // set for a rule
	reference *Reference // set for a foreign key
}

// ruleCheck is the name of the check of a rule; checks of foreign keys are
// named by their position.
const ruleCheck = "rule"

// checks returns the rules that the database must evaluate on the written rows. Rules
// that Go can evaluate are evaluated here.
func (w *judged) checks() ([]check, error) {
	if w.guard == nil {
		return nil, nil
	}
	rule, open, err := w.ruleOnNew()
	if err != nil {
		return nil, err
	}
	// The rule is the last: it may read a target that the scope cannot see.
	var checks []check
	for _, ref := range w.table.ForeignKeys {
		if w.checksKey(ref) {
			checks = append(checks, check{reference: ref})
		}
	}
	if open {
		checks = append(checks, check{rule: rule})
	}
	return checks, nil
}

// ruleOnNew decides the rule on new rows, or returns it if it stays open.
func (w *judged) ruleOnNew() (rule *node, open bool, err error) {
	if w.op != OpInsert && w.op != OpUpdate {
		return nil, false, nil
	}
	cond := w.ruleFor(w.op)
	if cond.IsZero() {
		return nil, false, ErrDenied
	}
	if w.op == OpUpdate {
		if w.guard.UpdateCheck.IsZero() && !w.touches(cond.n) {
			// It held before, and relations are read as they were then.
			return nil, false, nil
		}
		open, err = w.judge(cond, w.partialRow())
		return cond.n, open, err
	}
	for _, row := range w.rows {
		undecided, err := w.judge(cond, row)
		if err != nil {
			return nil, false, err
		}
		open = open || undecided
	}
	return cond.n, open, nil
}

// judge evaluates a rule on a row in Go. open reports that only the database can
// evaluate it.
func (w *judged) judge(rule Cond, row []any) (open bool, err error) {
	result, decided := rule.n.evaluate(w.scope, row)
	if decided && result != isTrue {
		return false, ErrDenied
	}
	return !decided, nil
}

// touches reports whether the update sets a column the rule reads.
func (w *request) touches(n *node) bool {
	var read ColumnSet
	n.columns(&read)
	return w.setsAny(&read)
}

func (w *request) setsAny(columns *ColumnSet) bool {
	return slices.ContainsFunc(w.sets, func(a assignment) bool { return columns.Has(a.column) })
}

// partialRow is the new row as far as the update says; the rest is absent and
// leaves a rule that reads it undecided.
func (w *request) partialRow() []any {
	row := make([]any, len(w.table.Columns))
	for i := range row {
		row[i] = absent{}
	}
	for _, a := range w.sets {
		if !a.add {
			row[a.column.index] = a.value
		}
	}
	return row
}

// checksKey reports whether the write must check the target of a foreign key: the client
// wrote it, not a preset, and a rule or predicate could hide the target.
func (w *judged) checksKey(ref *Reference) bool {
	if w.opened(ref) && ref.Target.Tenant == nil && ref.Target.DeletedAt == nil {
		return false
	}
	for _, c := range ref.Columns {
		if w.wrote(c) && (w.op != OpInsert || w.guard.preset(c) == nil) {
			return true
		}
	}
	return false
}

// opened reports whether the policy opens a foreign key to rows the scope cannot
// read. What is deleted or of another tenant stays out of reach.
func (w *judged) opened(ref *Reference) bool {
	return !slices.ContainsFunc(ref.Columns, func(c *Column) bool { return w.wrote(c) && !w.guard.UncheckedReferences.Has(c) })
}

func (w *request) wrote(c *Column) bool {
	if w.op == OpInsert {
		return w.given.Has(c)
	}
	for _, a := range w.sets {
		if a.column == c {
			return true
		}
	}
	return false
}

// raised turns a check that a statement raised into its error.
func (w *judged) raised(name string) error {
	if name == logCheck {
		return w.logLimitError()
	}
	if i, err := strconv.Atoi(name); err == nil && i < len(w.table.ForeignKeys) {
		return w.missingTarget(w.table.ForeignKeys[i])
	}
	return ErrDenied
}

// missingTarget is the answer for a foreign key to a row that does not exist or
// must not be known.
func (w *judged) missingTarget(ref *Reference) error {
	return constraintError(w.table, &driver.Violation{Kind: driver.ForeignKey, Constraint: ref.Name})
}

// checkName returns the name a check raises.
func (w *judged) checkName(ch check) string {
	if ch.rule != nil {
		return ruleCheck
	}
	for i, ref := range w.table.ForeignKeys {
		if ref == ch.reference {
			return strconv.Itoa(i)
		}
	}
	return ruleCheck
}

// checkCond writes the condition of a check on a row of the source. extra is the
// name of a relation that holds the rows just written, which a foreign key to
// its own table may point to; empty where the table itself already shows them.
func (w *judged) checkCond(c *conds, s source, ch check, extra string) error {
	if ch.rule != nil {
		return c.cond(s.forRule(), ch.rule)
	}
	ref := ch.reference
	c.write("(")
	for i, col := range ref.Columns {
		if i > 0 {
			c.write(" or ")
		}
		c.column(s, col)
		c.write(" is null")
	}
	c.write(" or ")
	if err := w.visibleTarget(c, s, ref, ref.Target.sqlName); err != nil {
		return err
	}
	if extra != "" && ref.Target == w.table {
		c.write(" or ")
		if err := w.visibleTarget(c, s, ref, extra); err != nil {
			return err
		}
	}
	c.write(")")
	return nil
}

// visibleTarget writes that the target of a foreign key exists in from and the
// scope can see it, or might, where the policy opens the key.
func (w *judged) visibleTarget(c *conds, s source, ref *Reference, from string) error {
	target, err := w.target(c, ref)
	if err != nil {
		c.write(c.words.no)
		return nil
	}
	c.write("exists (select 1 from ", from, " ", target.alias, " where ")
	c.equalKeys(target, ref.Keys, s, ref.Columns)
	if err := c.limits(target); err != nil {
		return err
	}
	c.write(")")
	return nil
}

// raise writes an expression that is true, or fails the statement with the name
// of the check. The column in the text keeps PostgreSQL from evaluating the
// failure while it plans.
func (w *statement) raise(c *conds, s source, ch check) error {
	c.write("case when ")
	if err := w.checkCond(c, s, ch, newRows); err != nil {
		return err
	}
	c.write(" then true else ('", driver.RaisePrefix, w.checkName(ch), "'||left(")
	c.column(s, w.table.PrimaryKey[0])
	c.write("::text, 0))::int = 0 end")
	return nil
}

// showsAnew reports whether the read rule of the scope for the written rows depends on
// other rows of the table. If so, the rule is evaluated by a read after the write,
// because the statement that writes cannot see its own rows. An update needs no such
// read if it sets no column that the rule reads in any row.
func (w *judged) showsAnew() bool {
	if w.ret == nil || w.guard == nil || w.op == OpDelete || !w.guard.Read.reaches(w.table) {
		return false
	}
	if w.op == OpInsert {
		return w.filtered()
	}
	var read ColumnSet
	w.guard.Read.n.columnsOf(w.table, &read)
	return w.setsAny(&read)
}

// reaches reports whether the rule reads the rows of a table behind relations.
func (c Cond) reaches(t *Table) bool { return !c.IsZero() && c.n.reaches(t) }

// reaches reports whether the condition reads the rows of a table behind relations. A
// view counts as reading every table.
func (n *node) reaches(t *Table) bool {
	read := func(other *Table) bool { return other == t || other.View }
	if r := n.relation; n.kind == nodeRelated && (r == nil || read(r.Target) || r.Junction != nil && read(r.Junction.Table)) {
		return true
	}
	return slices.ContainsFunc(n.kids, func(k *node) bool { return k.reaches(t) })
}

// implied reports whether a rule that held before the write still holds after
// it, because the write changes nothing the rule reads.
func (w *judged) implied(rule Cond) bool {
	if rule.IsZero() {
		return false
	}
	switch w.op {
	case OpInsert:
		for _, row := range w.rows {
			if result, decided := rule.n.evaluate(w.scope, row); !decided || result != isTrue {
				return false
			}
		}
		return true
	case OpDelete:
		return true
	}
	return !w.touches(rule.n)
}

// target enters the table that a foreign key points to: what the scope can see of it, or
// all its rows where the policy opens the key.
func (w *judged) target(c *conds, ref *Reference) (source, error) {
	if w.opened(ref) {
		return c.trusted(ref.Target), nil
	}
	return c.enter(ref.Target)
}
