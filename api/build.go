package api

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/seed-7694ebf6/plinth/api/internal/variables"
	"github.com/seed-7694ebf6/plinth/store"
)

// build compiles what was added to an API.
type build struct {
	api       *API
	resources []*resource
	functions []*function
	errs      []error
}

// server compiles everything, or reports every mistake.
func (b *build) server() (*server, error) {
	for i, e := range b.api.exposed {
		if e == nil {
			b.errs = append(b.errs, fmt.Errorf("api: item %d of Add is nil", i))
			continue
		}
		e.expose(b)
	}
	s := &server{db: b.api.db, config: b.api.config, limits: b.api.config.Limits.grammar(), routes: routes()}
	s.resources = b.tables()
	s.functions = b.calls(s.resources)
	if err := errors.Join(b.errs...); err != nil {
		return nil, err
	}
	for _, r := range s.resources.list {
		if r.policy.denies() {
			s.config.Logger.Warn("api: the policy of a resource denies everything", "resource", r.table.Name)
		}
	}
	return s, nil
}

// tables registers the models, all at once so that junctions are found, and
// compiles the policies.
func (b *build) tables() *resources {
	all := &resources{byName: map[string]*resource{}, byTable: map[*store.Table]*resource{}}
	models := make([]any, 0, len(b.resources))
	for _, r := range b.resources {
		models = append(models, reflect.Zero(r.model).Interface())
	}
	if err := b.api.db.Register(models...); err != nil {
		b.errs = append(b.errs, fmt.Errorf("api: %w", err))
		return all
	}
	for i, r := range b.resources {
		r.table = b.api.db.Table(models[i])
		if all.byTable[r.table] != nil {
			b.errs = append(b.errs, fmt.Errorf("api: resource %s is added twice", r.table.Name))
			continue
		}
		if r.table.Name == "rpc" {
			b.errs = append(b.errs, errors.New("api: a resource cannot have the name rpc, which is that of the functions"))
			continue
		}
		r.index = len(all.list)
		r.patterns = newPatterns(b.api.config.BasePath + "/" + r.table.Name)
		all.list = append(all.list, r)
		all.byName[r.table.Name], all.byTable[r.table] = r, r
	}
	for _, r := range all.list {
		if err := r.compile(); err != nil {
			b.errs = append(b.errs, err)
			continue
		}
		if err := r.checkTargets(all.exposed); err != nil {
			b.errs = append(b.errs, err)
		}
	}
	b.collectVariables(all)
	return all
}

// collectVariables collects what the policies read of callers and requests.
func (b *build) collectVariables(all *resources) {
	for _, r := range all.list {
		for _, name := range r.variables() {
			ofRequest := variables.OfRequest(name)
			all.readRequest = all.readRequest || ofRequest || name == variables.Now
			if ofRequest || variables.OfClaims(name) {
				all.variables = append(all.variables, name)
			}
		}
	}
	slices.Sort(all.variables)
	all.variables = slices.Compact(all.variables)
	for _, name := range all.variables {
		parameter := variables.Parameter(name)
		if parameter == "" {
			continue
		}
		all.parameters = append(all.parameters, parameter)
		for _, r := range all.list {
			if r.table.Column(parameter) != nil {
				b.errs = append(b.errs, fmt.Errorf("api: a rule reads %s, and resource %s has a column of that name: clients could not filter by it", name, r.table.Name))
			}
		}
	}
}

// calls compiles the functions.
func (b *build) calls(r *resources) *functions {
	all := &functions{byName: map[string]*function{}}
	for _, f := range b.functions {
		if all.byName[f.name] != nil {
			b.errs = append(b.errs, fmt.Errorf("api: function %s is added twice", f.name))
			continue
		}
		all.byName[f.name] = f
		f.patterns = newPatterns(b.api.config.BasePath + "/rpc/" + f.name)
		all.list = append(all.list, f)
		if err := f.compile(b.api.db, r); err != nil {
			b.errs = append(b.errs, err)
		}
		for _, name := range r.parameters {
			if f.args[name] != nil {
				b.errs = append(b.errs, fmt.Errorf("api: function %s has the argument %s, which a rule reads as request.query.%s", f.name, name, name))
			}
		}
	}
	return all
}
