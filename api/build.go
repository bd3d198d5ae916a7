package api

import (
	"errors"
	"fmt"
	"reflect"

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
	return all
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
	}
	return all
}
