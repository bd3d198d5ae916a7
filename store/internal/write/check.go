package write

import (
	"slices"
	"strconv"

	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// check is a condition on the finished row that Go could not decide: the rule
// for it, or that a foreign key the client wrote points to a row the scope can
// see.
type check struct {
	rule      *query.Node       // set for a rule
	reference *schema.Reference // set for a foreign key
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
	for _, ref := range w.Table.ForeignKeys {
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
func (w *judged) ruleOnNew() (rule *query.Node, open bool, err error) {
	if w.op != query.OpInsert && w.op != query.OpUpdate {
		return nil, false, nil
	}
	cond := w.ruleFor(w.op)
	if cond.IsZero() {
		return nil, false, fault.ErrDenied
	}
	if w.op == query.OpUpdate {
		if w.guard.UpdateCheck.IsZero() && !w.touches(cond.Node()) {
			// It held before, and relations are read as they were then.
			return nil, false, nil
		}
		open, err = w.judge(cond, w.partialRow())
		return cond.Node(), open, err
	}
	for _, row := range w.rows {
		undecided, err := w.judge(cond, row)
		if err != nil {
			return nil, false, err
		}
		open = open || undecided
	}
	return cond.Node(), open, nil
}

// judge evaluates a rule on a row in Go. open reports that only the database can
// evaluate it.
func (w *judged) judge(rule query.Cond, row []any) (open bool, err error) {
	result, decided := rule.Node().Evaluate(w.Scope, row)
	if decided && result != query.IsTrue {
		return false, fault.ErrDenied
	}
	return !decided, nil
}

// checkName returns the name a check raises.
func (w *judged) checkName(ch check) string {
	if ch.rule != nil {
		return ruleCheck
	}
	for i, ref := range w.Table.ForeignKeys {
		if ref == ch.reference {
			return strconv.Itoa(i)
		}
	}
	return ruleCheck
}

// checkCond writes the condition of a check on a row of the source. extra is the
// name of a relation that holds the rows just written, which a foreign key to
// its own table may point to; empty where the table itself already shows them.
func (w *judged) checkCond(c *sqlgen.CondWriter, s sqlgen.Source, ch check, extra string) error {
	if ch.rule != nil {
		return c.Cond(s.ForRule(), ch.rule)
	}
	ref := ch.reference
	c.Write("(")
	for i, col := range ref.Columns {
		if i > 0 {
			c.Write(" or ")
		}
		c.Column(s, col)
		c.Write(" is null")
	}
	c.Write(" or ")
	if err := w.visibleTarget(c, s, ref, ref.Target.SQLName); err != nil {
		return err
	}
	if extra != "" && ref.Target == w.Table {
		c.Write(" or ")
		if err := w.visibleTarget(c, s, ref, extra); err != nil {
			return err
		}
	}
	c.Write(")")
	return nil
}

// readRuleDependsOnOtherRows reports whether the read rule of the scope for the written
// rows depends on other rows of the table. If so, the rule is evaluated by a read after the write,
// because the statement that writes cannot see its own rows. An update needs no such
// read if it sets no column that the rule reads in any row.
func (w *judged) readRuleDependsOnOtherRows() bool {
	if w.ret == nil || w.guard == nil || w.op == query.OpDelete || !w.guard.Read.Reaches(w.Table) {
		return false
	}
	if w.op == query.OpInsert {
		return w.filtered()
	}
	var read schema.ColumnSet
	w.guard.Read.Node().ColumnsOf(w.Table, &read)
	return w.setsAny(&read)
}

// implied reports whether a rule that held before the write still holds after
// it, because the write changes nothing the rule reads.
func (w *judged) implied(rule query.Cond) bool {
	if rule.IsZero() {
		return false
	}
	switch w.op {
	case query.OpInsert:
		for _, row := range w.rows {
			if result, decided := rule.Node().Evaluate(w.Scope, row); !decided || result != query.IsTrue {
				return false
			}
		}
		return true
	case query.OpDelete:
		return true
	}
	return !w.touches(rule.Node())
}

// actionRule returns the rule on the rows a write is for: the new ones of an
// insert, else those there are.
func (w *judged) actionRule() query.Cond {
	if w.op == query.OpInsert {
		return w.guard.Create
	}
	return w.changeRule()
}

// changeRule returns the rule on rows to be changed.
func (w *judged) changeRule() query.Cond {
	switch w.op {
	case query.OpDelete:
		return w.guard.Delete
	case query.OpRestore:
		return w.guard.Restore
	case "": // a read, see Allowed
		return w.guard.Read
	}
	return w.guard.Update
}

// ruleFor returns the rule on the row a write leaves.
func (w *judged) ruleFor(op query.WriteOp) query.Cond {
	switch op {
	case query.OpInsert:
		return w.guard.Create
	case query.OpUpdate:
		guard := w.guard
		if guard.UpdateCheck.IsZero() {
			return guard.Update
		}
		return guard.UpdateCheck
	}
	return query.True()
}

// filtered reports whether written rows may be hidden from the answer because
// the scope could not read them any more.
func (w *judged) filtered() bool {
	return w.ret != nil && w.guard != nil && !w.implied(w.guard.Read)
}

// usesGeneratedKey reports whether a rule evaluated by the database reads a key that the database
// makes. In steps the row has no key yet; in one statement it would have one.
func (w *judged) usesGeneratedKey(checks []check) bool {
	if w.op != query.OpInsert || !hasRule(checks) {
		return false
	}
	var read schema.ColumnSet
	w.guard.Create.Node().Columns(&read)
	return slices.ContainsFunc(w.Table.Columns, func(c *schema.Column) bool {
		return c.Generated && read.Has(c) && slices.ContainsFunc(w.rows, func(row []any) bool { _, gap := row[c.Index].(value.Absent); return gap })
	})
}

// targetMayBeInSameWrite reports whether the write may insert targets of its own foreign
// keys with a visibility that depends on other rows of the table. As with
// readRuleDependsOnOtherRows, the statement that writes cannot check that.
func (w *judged) targetMayBeInSameWrite(checks []check) bool {
	return slices.ContainsFunc(checks, func(ch check) bool {
		return ch.reference != nil && ch.reference.Target == w.Table && w.guard.Read.Reaches(w.Table)
	})
}

// judgeRows evaluates the rules on new rows in Go where possible, and returns the rows
// that the database must check.
func (w *judged) judgeRows(rows []*Row) (open []*Row, err error) {
	if w.guard == nil {
		return nil, nil
	}
	for _, rw := range rows {
		rule := w.ruleFor(rw.Op)
		if rule.IsZero() || rw.New == nil {
			if rw.Op == query.OpInsert || rw.Op == query.OpUpdate {
				return nil, fault.ErrDenied
			}
			continue
		}
		undecided, err := w.judge(rule, rw.New)
		if err != nil {
			return nil, err
		}
		if undecided {
			open = append(open, rw)
		}
	}
	return open, nil
}

// hasRule reports whether the database has to evaluate a rule on the new rows.
func hasRule(checks []check) bool {
	return slices.ContainsFunc(checks, func(ch check) bool { return ch.rule != nil })
}
