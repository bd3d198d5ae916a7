package api

import (
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
)

// Rule says when something is allowed. It is a [Gate], which the caller alone
// decides, or a [RowRule], which needs the row, or several of them combined by
// [AnyOf] and [AllOf]. Rules are values: they do nothing until a [Policy] that
// holds them is compiled, and they print as text. A nil Rule allows nothing.
type Rule interface {
	// String returns the rule as text: "owner_id = principal.id".
	String() string

	// text is String for rows of a table, see [store.Cond.Text]; of no table it
	// is the whole text.
	text(t *store.Table) string

	// walk visits the gates, conditions and combinations of the rule.
	walk(v ruleVisitor)

	// resolve returns the condition that is left when the gates are decided,
	// or that every row is allowed. The zero Cond allows none.
	resolve(open func(Gate) bool) (cond store.Cond, every bool)
}

// ruleVisitor collects what start-up checks want to know of a rule.
type ruleVisitor struct {
	gate func(Gate)
	cond func(store.Cond)
}

// AnyOf allows what any of the rules allows. Without rules it allows nothing.
func AnyOf(rules ...Rule) Rule { return combined{rules: rules, any: true} }

// AllOf allows what all of the rules allow. Without rules, or with a nil Rule
// among them, it allows nothing.
func AllOf(rules ...Rule) Rule { return combined{rules: rules} }

// combined is several rules under one word.
type combined struct {
	rules []Rule
	any   bool
}

func (c combined) String() string { return c.text(nil) }

func (c combined) text(t *store.Table) string {
	parts := make([]string, len(c.rules))
	for i, r := range c.rules {
		parts[i] = ruleText(r, t)
		if _, nested := r.(combined); nested {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	if len(parts) == 0 {
		return nobody
	}
	if c.any {
		return strings.Join(parts, " or ")
	}
	return strings.Join(parts, " and ")
}

func (c combined) walk(v ruleVisitor) {
	for _, r := range c.rules {
		if r != nil {
			r.walk(v)
		}
	}
}

// resolve leaves out what gates decide, so that a rule that is open for the
// caller costs the database nothing.
func (c combined) resolve(open func(Gate) bool) (store.Cond, bool) {
	conds := make([]store.Cond, 0, len(c.rules))
	for _, r := range c.rules {
		cond, every := resolve(r, open)
		switch {
		case every && c.any:
			return store.Cond{}, true
		case every, cond.IsZero() && c.any:
			continue
		case cond.IsZero():
			return store.Cond{}, false
		}
		conds = append(conds, cond)
	}
	if c.any {
		return store.Or(conds...), false
	}
	return store.And(conds...), len(conds) == 0 && len(c.rules) > 0
}

// resolve is Rule.resolve for a rule that may be nil.
func resolve(r Rule, open func(Gate) bool) (cond store.Cond, every bool) {
	if r == nil {
		return store.Cond{}, false
	}
	return r.resolve(open)
}

// ruleCond returns the rule as condition of a guard.
func ruleCond(r Rule, open func(Gate) bool) store.Cond {
	cond, every := resolve(r, open)
	if every {
		return store.True()
	}
	return cond
}

// The text of a rule that denies every caller.
const nobody = "nobody"

func ruleText(r Rule, t *store.Table) string {
	if r == nil {
		return nobody
	}
	return r.text(t)
}
