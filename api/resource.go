package api

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/api/internal/variables"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Exposed is something an [API] serves: a [Resource], or what [Func] or [TxFunc]
// returns. There are no others.
type Exposed interface {
	expose(b *build)
}

// Resource serves the table of the model T at /{table} and /{table}/{id}. A view is
// read-only, see [store.View]. A table has no /{id} if its key is composite, a view also
// if its model declares no key.
type Resource[T any] struct {
	// Policy holds the access rules. The zero Policy denies everything.
	Policy Policy

	// SharedMaxAge lets shared caches, such as a CDN, store responses of GET and
	// HEAD to anonymous callers and serve them to other anonymous callers. It is
	// sent in whole seconds as Cache-Control: public, s-maxage (RFC 9111 section
	// 5.2.2.10). A write or a stricter rule may take this long to become visible in
	// the cache; browsers revalidate each time.
	//
	// A response is shared only if every table behind it sets SharedMaxAge, including
	// embedded tables and tables that rules read. The smallest value applies.
	// Responses to requests with Authorization, Apikey, Cookie or Range, or for a
	// total, are always private.
	//
	// The cache must respect Vary (RFC 9111 section 4.1); otherwise configure it to
	// bypass requests with these headers. A cache cannot distinguish callers that are
	// identified by anything else, such as a certificate or the Host.
	//
	// Zero keeps all responses private.
	SharedMaxAge time.Duration
}

func (r Resource[T]) expose(b *build) {
	b.resources = append(b.resources, &resource{
		model: reflect.TypeFor[T](), policy: r.Policy.clone(), sharedMaxAge: r.SharedMaxAge, keepShared: keepShared(r.SharedMaxAge),
	})
}

// resource is a table with its compiled policy.
type resource struct {
	index  int
	model  reflect.Type
	table  *store.Table
	policy Policy
	guards guardSet

	sharedMaxAge time.Duration // zero: answers are private
	keepShared   string        // as Cache-Control

	patterns patterns
}

// key returns the column that /{id} names, nil where there is no such route.
func (r *resource) key() *store.Column {
	if len(r.table.PrimaryKey) != 1 {
		return nil
	}
	return r.table.PrimaryKey[0]
}

// compile checks the policy against the table. It reports every mistake.
func (r *resource) compile() error {
	var errs []error
	fail := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("api: resource %s: "+format, append([]any{r.table.Name}, args...)...))
	}
	for _, named := range r.policy.rules() {
		if named.rule == nil {
			continue
		}
		for _, name := range ruleVariables(named.rule) {
			if !variables.Known(name) {
				fail("%s: unknown variable %s", named.name, name)
			}
		}
		bound, err := store.Bind(r.table, store.And(branches(named.rule)...))
		if err != nil {
			fail("%s: %w", named.name, err)
			continue
		}
		for _, c := range bound.ComparedWith(variables.Now) {
			if !c.IsTimestamp() {
				fail("%s: now() is a timestamp, and the column %s is not", named.name, c.Name)
			}
		}
	}
	if r.sharedMaxAge != 0 && r.sharedMaxAge < time.Second {
		fail("SharedMaxAge: %s is less than a second", r.sharedMaxAge)
	}
	r.checkColumns(fail)
	r.checkPresets(fail)
	r.checkVariables(fail)
	for _, name := range r.policy.Aggregates {
		if c := r.table.Column(name); c == nil || c.Mode >= schema.Hidden {
			fail("Aggregates: the table shows no column %s", name)
		}
	}
	for _, name := range r.policy.UnguardedFilters {
		if c := r.table.Column(name); c == nil || c.Mode >= schema.Hidden {
			fail("UnguardedFilters: the table shows no column %s", name)
		}
	}
	for _, name := range r.policy.UncheckedReferences {
		if !slices.ContainsFunc(r.table.ForeignKeys, func(ref *schema.Reference) bool { return hasColumn(ref.Columns, name) }) {
			fail("UncheckedReferences: %s is not a foreign key of the table", name)
		}
	}
	if len(errs) == 0 {
		errs = append(errs, r.guards.compile(r))
	}
	return errors.Join(errs...)
}

func (r *resource) checkColumns(fail func(string, ...any)) {
	for _, name := range slices.Sorted(maps.Keys(r.policy.Columns)) {
		c, rule := r.table.Column(name), r.policy.Columns[name]
		creatable, updatable := r.table.CreatableColumns(), r.table.UpdatableColumns()
		switch {
		case c == nil:
			fail("Columns: the table has no column %s", name)
		case c.Mode >= schema.Hidden:
			fail("Columns: %s is %s in the model, and a policy cannot open it", name, modeName(c.Mode))
		case rule.Create.n != nil && !creatable.Has(c):
			fail("Columns: %s cannot be given by a client, so Create has no meaning; see the plinth tag of the model", name)
		case rule.Update.n != nil && !updatable.Has(c):
			fail("Columns: %s cannot be changed by a client, so Update has no meaning; see the plinth tag of the model", name)
		}
	}
}

func (r *resource) checkPresets(fail func(string, ...any)) {
	for _, name := range slices.Sorted(maps.Keys(r.policy.Preset)) {
		c, value := r.table.Column(name), r.policy.Preset[name]
		variable, isVar := value.(store.Var)
		switch {
		case c == nil:
			fail("Preset: the table has no column %s", name)
		case c == r.table.Tenant, c == r.table.Version, c == r.table.CreatedAt, c == r.table.UpdatedAt, c == r.table.DeletedAt:
			fail("Preset: the library sets %s itself", name)
		case isVar && !variables.Known(string(variable)):
			fail("Preset: %s: unknown variable %s", name, variable)
		case !isVar && value != nil:
			if _, err := store.Bind(r.table, store.Compare(name, query.OpEq, value)); err != nil {
				fail("Preset: %w", err)
			}
		}
	}
}

// checkTargets refuses a foreign key that a client may write although the table
// it points to is not exposed: every write would be refused.
func (r *resource) checkTargets(exposed func(*store.Table) bool) error {
	var errs []error
	creatable, updatable := r.guards.writable()
	for _, ref := range r.table.ForeignKeys {
		if exposed(ref.Target) {
			continue
		}
		for _, c := range ref.Columns {
			_, preset := r.policy.Preset[c.Name]
			if preset || slices.Contains(r.policy.UncheckedReferences, c.Name) || !creatable.Has(c) && !updatable.Has(c) {
				continue
			}
			errs = append(errs, fmt.Errorf("api: resource %s: a client may write %s, but the table it points to, %s, is not added, "+
				"so no target can be checked: add a Resource for it, or list %s in UncheckedReferences, or close it with Columns",
				r.table.Name, c.Name, ref.Target.Name, c.Name))
		}
	}
	return errors.Join(errs...)
}

// branches returns the conditions in a rule, also those that gates may hide.
func branches(r Rule) []store.Cond {
	switch r := r.(type) {
	case combined:
		var conds []store.Cond
		for _, kid := range r.rules {
			conds = append(conds, branches(kid)...)
		}
		return conds
	case RowRule:
		if r.relation == "" {
			return []store.Cond{r.cond}
		}
		return []store.Cond{store.Related(r.relation, store.And(branches(r.related)...))}
	}
	return nil
}

// ruleVariables returns the variables that a rule reads.
func ruleVariables(r Rule) (names []string) {
	r.walk(ruleVisitor{gate: func(Gate) {}, cond: func(c store.Cond) { names = append(names, c.Variables()...) }})
	return names
}

// variables returns the variables that the policy reads, sorted.
func (r *resource) variables() (names []string) {
	for _, named := range r.policy.rules() {
		if named.rule != nil {
			names = append(names, ruleVariables(named.rule)...)
		}
	}
	for _, value := range r.policy.Preset {
		if name, ok := value.(store.Var); ok {
			names = append(names, string(name))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// checkVariables compares what the policy reads of a request with RequestVariables.
func (r *resource) checkVariables(fail func(string, ...any)) {
	read, listed := r.variables(), r.policy.RequestVariables
	for _, name := range read {
		if variables.OfRequest(name) && !slices.Contains(listed, name) {
			fail("a rule reads %s, which RequestVariables does not list", name)
		}
		if r.sharedMaxAge != 0 && (name == variables.Now || variables.OfRequest(name)) {
			fail("SharedMaxAge: a rule reads %s, so responses cannot be shared", name)
		}
	}
	for _, name := range listed {
		switch {
		case !variables.OfRequest(name):
			fail("RequestVariables: %q is neither request.header.<name> nor request.query.<name> in lower case, or names a credential", name)
		case !slices.Contains(read, name):
			fail("RequestVariables: no rule reads %s", name)
		case pgrst.Reserved(variables.Parameter(name)):
			fail("RequestVariables: %s is a word of the query string", name)
		}
	}
}

func hasColumn(columns []*store.Column, name string) bool {
	return slices.ContainsFunc(columns, func(c *store.Column) bool { return c.Name == name })
}

func modeName(m schema.Mode) string {
	if m == schema.Secret {
		return "secret"
	}
	return "hidden"
}

// patterns are what the paths of a resource or function are called in logs and metrics,
// which have one name for all rows.
type patterns struct{ whole, row string }

func newPatterns(path string) patterns { return patterns{whole: path, row: path + "/{id}"} }
