package api

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/internal/variables"
	"github.com/seed-7694ebf6/plinth/store"
)

// Policy says what a caller may do with the rows of a resource. What it does not
// mention is not allowed: the zero Policy denies everything. A policy can narrow
// what the modes of the model's columns allow and never widen it.
type Policy struct {
	// Read selects the rows that a caller can see, in lists, embeds, counts and the
	// results of functions. Writes reach only visible rows.
	Read Rule

	// Create says which new rows a caller may make. Relations lead to what
	// was there before, so no row lets itself in or others of the same body.
	// A key that the database makes is NULL.
	Create Rule

	// Update says which rows a caller may change, judged before the change,
	// UpdateCheck which rows they may become. A nil UpdateCheck is Update.
	Update, UpdateCheck Rule

	// Delete says which rows a caller may delete, Restore which deleted rows
	// may be brought back.
	Delete, Restore Rule

	// Columns narrows single columns, by name. A column that is listed is
	// closed for every use that its ColumnRule does not open; one that is not
	// listed has the uses its mode allows. If a caller may not read the version
	// column, rows have a weak entity tag, and If-Match matches no version.
	Columns map[string]ColumnRule

	// Aggregates lists the columns of which aggregates may be asked for:
	// sum(), avg(), min(), max() and count() of a column. Nil lists every
	// column the caller can read: an aggregate uses only the caller's rows
	// and reveals nothing beyond them. Use a list to prevent expensive
	// aggregates; an empty list allows none. Rows can always be counted.
	Aggregates []string

	// Preset fixes columns of new rows, by name: to a variable of the caller,
	// as [store.Var], or to a Go value. A client may send an equal value,
	// never another. A preset column that Columns does not list cannot be
	// changed by an update either.
	Preset map[string]any

	// RequestVariables lists what the rules and presets read of a request, beside the
	// caller: request.header.<name> and request.query.<name>, in lower case. A rule
	// that reads anything else of the request is an error of [API.Handler]. A header or
	// parameter that is sent twice has no value, and credentials cannot be read.
	//
	// The parameters are taken from the query string of every request, so no column or
	// argument can have the name, and links do not repeat them. In a batch they belong
	// to the URL of the batch.
	RequestVariables []string

	// ServiceBypass lets callers with a secret key past all rules, column
	// rules and presets of this policy. Without it they are allowed nothing.
	ServiceBypass bool

	// UncheckedReferences lists foreign-key columns that may point to rows the caller
	// cannot see. Others may not: a client that could write them would learn
	// which keys exist.
	UncheckedReferences []string

	// UnguardedFilters lists columns whose filters may use indexes of the database
	// although Read hides rows. By default patterns, searches and comparisons of JSON
	// documents and arrays run only on rows that Read shows, because the time that they
	// take could reveal what hidden rows contain. The database then evaluates Read first
	// and uses no index of these columns. For a listed column it may compare hidden rows
	// too. They stay out of every answer, but a caller who measures response times may
	// learn what the column contains in them.
	UnguardedFilters []string
}

// ColumnRule restricts one column. The zero Gate denies a use to every caller.
type ColumnRule struct {
	// Read opens the column for select, filter, order and answers.
	Read Gate

	// Create and Update open the column for being written.
	Create, Update Gate
}

// OwnedBy returns the policy of rows that belong to users. The column holds the ID of the
// owner, who alone can read, update and delete the row. Every user with an account can
// create rows and owns them. The owner of a row cannot be changed.
func OwnedBy(column string) Policy {
	own := Owner(column)
	return Policy{
		Read: own, Create: SignedIn(), Update: own, Delete: own, Restore: own,
		Preset: map[string]any{column: store.Var(variables.ID)},
	}
}

// String returns the policy as text, one line for each part that is set.
func (p Policy) String() string {
	var b strings.Builder
	for _, r := range p.rules() {
		if r.rule != nil {
			fmt.Fprintf(&b, "%s: %s\n", r.name, r.rule)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Columns)) {
		c := p.Columns[name]
		fmt.Fprintf(&b, "column %s: read: %s; create: %s; update: %s\n", name, c.Read, c.Create, c.Update)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Preset)) {
		fmt.Fprintf(&b, "preset %s: %v\n", name, p.Preset[name])
	}
	if p.Aggregates != nil {
		fmt.Fprintf(&b, "aggregates: %s\n", cmp.Or(strings.Join(p.Aggregates, ", "), "none"))
	}
	if len(p.RequestVariables) > 0 {
		fmt.Fprintf(&b, "request variables: %s\n", strings.Join(p.RequestVariables, ", "))
	}
	if p.ServiceBypass {
		b.WriteString("service: everything\n")
	}
	if len(p.UncheckedReferences) > 0 {
		fmt.Fprintf(&b, "any target: %s\n", strings.Join(p.UncheckedReferences, ", "))
	}
	if len(p.UnguardedFilters) > 0 {
		fmt.Fprintf(&b, "unguarded filters: %s\n", strings.Join(p.UnguardedFilters, ", "))
	}
	if b.Len() == 0 {
		return "denies everything\n"
	}
	return b.String()
}

// namedRule is one of a policy's rules with its name.
type namedRule struct {
	name string
	rule Rule
}

func (p Policy) rules() []namedRule {
	return []namedRule{
		{"read", p.Read},
		{"create", p.Create},
		{"update", p.Update},
		{"update to", p.UpdateCheck},
		{"delete", p.Delete},
		{"restore", p.Restore},
	}
}

// denies reports whether the policy denies everything to every caller.
func (p Policy) denies() bool {
	return !p.ServiceBypass && !slices.ContainsFunc(p.rules(), func(r namedRule) bool { return r.rule != nil })
}

// clone copies the maps, so that what a caller does to them later changes
// nothing.
func (p Policy) clone() Policy {
	p.Columns, p.Preset = maps.Clone(p.Columns), maps.Clone(p.Preset)
	p.Aggregates, p.UncheckedReferences = slices.Clone(p.Aggregates), slices.Clone(p.UncheckedReferences)
	p.UnguardedFilters, p.RequestVariables = slices.Clone(p.UnguardedFilters), slices.Clone(p.RequestVariables)
	return p
}
