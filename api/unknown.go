package api

import (
	"maps"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/fault"
)

// unknownTable is the answer for a table that is not exposed, whether it exists or not.
// Its hint names a similar table that the caller may use.
func (rq *request) unknownTable(name string) error {
	e := &fault.UnknownTableError{Table: errtext.Quote(name)}
	nameOf := func(r *resource) string { return r.table.Name }
	if r := errtext.Nearest(name, errtext.MaxTypos(name), rq.s.resources.list, nameOf, rq.caller.mayUse); r != nil {
		e.Near = r.table.Name
	}
	return e
}

// unknownFunction is the answer for a name that is no function. Its hint names
// the one the caller may have meant, of those they may call.
func (rq *request) unknownFunction(name string) error {
	e := problem.Errorf(problem.UnknownFunction, "Could not find the function public.%s in the schema cache", errtext.Quote(name))
	nameOf := func(f *function) string { return f.name }
	mayCall := func(f *function) bool { return f.gate.Admits(&rq.caller.principal) }
	if f := errtext.Nearest(name, maxTypos+1, rq.s.functions.list, nameOf, mayCall); f != nil {
		e.Hint = "Perhaps you meant to call the function public." + f.name
	}
	return e
}

// maxListed is how many arguments of a call an answer lists.
const maxListed = 16

// unknownArguments is the answer for an object of arguments with some that a function
// does not have.
func (f *function) unknownArguments(doc strictjson.Value) error {
	var given []string
	for name := range doc.Members() {
		if len(given) == maxListed {
			break
		}
		given = append(given, errtext.Quote(string(name)))
	}
	slices.Sort(given)
	call := "public." + f.name + "(" + strings.Join(given, ", ") + ")"
	known := strings.Join(slices.Sorted(maps.Keys(f.args)), ", ")
	return &problem.Error{
		Code:    problem.UnknownFunction,
		Message: "Could not find the function " + call + " in the schema cache",
		Hint:    "Perhaps you meant to call the function public." + f.name + "(" + known + ")",
	}
}

// maxTypos is the largest edit distance at which a name is suggested.
const maxTypos = 2
