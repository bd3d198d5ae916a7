package api

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// function is a [Func], [TxFunc] or [ReadFunc] without its types.
type function struct {
	name     string
	patterns patterns
	gate     Gate
	inTx     bool
	readOnly bool
	in       reflect.Type
	out      reflect.Type

	// prepare makes an In, lets read fill it through a pointer, and returns
	// the call with it, which may be run more than once.
	prepare func(read func(in any) error) (invocation, error)

	shape    *strictjson.Shape
	args     map[string]reflect.Type // the members of In
	checks   *checkPlan
	void     bool      // Out has no fields: there is nothing to send
	resource *resource // Out is rows of it, else nil
	many     bool      // Out is a slice
	open     bool      // Out contains an interface, so its types are known only at run time
}

// invocation is a call of a function with its arguments.
type invocation func(ctx context.Context, tx *store.Tx) (any, error)

// functions are the functions of an API.
type functions struct {
	list   []*function
	byName map[string]*function
}

// denied is the answer for a caller the gate does not let through.
func (f *function) denied() error {
	return &problem.Error{Code: problem.Denied, Message: "permission denied for function " + f.name}
}

func (f *function) clone() *function {
	c := *f
	return &c
}

// compile checks what can be known without a call. It reports every mistake.
func (f *function) compile(db *store.DB, r *resources) error {
	var errs []error
	fail := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("api: function %s: "+format, append([]any{f.name}, args...)...))
	}
	if !validFunctionName(f.name) {
		errs = append(errs, fmt.Errorf("api: function %q: the name must be letters, digits, underscores and dashes", f.name))
	}
	if f.prepare == nil {
		fail("there is no function to call")
	}
	if f.in.Kind() == reflect.Struct {
		f.shape, f.args = strictjson.Compile(f.in), map[string]reflect.Type{}
		for _, field := range strictjson.Fields(f.in) {
			f.args[field.Name] = argumentType(field.Struct)
		}
		f.checks = planChecks(f.in, nil, func(t reflect.Type, field reflect.StructField, rules string) {
			if err := db.CheckRules(rules, field.Type); err != nil {
				fail("%s.%s: %w", t, field.Name, err)
			}
		})
		if f.checks.needsValidator() && db.Validator() == nil {
			fail("%s has validate tags, but the database was opened without a Validator in its options", f.in)
		}
	} else {
		fail("the input %s is not a struct", f.in)
	}
	f.compileOut(db, r, fail)
	return errors.Join(errs...)
}

// argumentType returns the type by which the text of an argument is read: that of
// its field, or text for one that stands in quotes in JSON.
func argumentType(field reflect.StructField) reflect.Type {
	_, options, _ := strings.Cut(field.Tag.Get("json"), ",")
	if slices.Contains(strings.Split(options, ","), "string") {
		return reflect.TypeFor[string]()
	}
	return field.Type
}

// compileOut decides how the result is encoded. If a policy or a mode may hide columns
// of a model, the model must never be encoded by its JSON tags.
func (f *function) compileOut(db *store.DB, r *resources, fail func(string, ...any)) {
	row := f.out
	if row.Kind() == reflect.Slice {
		f.many, row = true, row.Elem()
	}
	if row.Kind() == reflect.Pointer {
		row = row.Elem()
	}
	f.void = f.out.Kind() == reflect.Struct && f.out.NumField() == 0
	if t := tableOf(db, row); t != nil && r.exposed(t) {
		f.resource = r.byTable[t]
		if len(t.PrimaryKey) == 0 {
			fail("rows of %s have no primary key, so no policy can judge them: embed store.View in the model and tag its key columns pk, or return a type made for the answer", t.Name)
		}
		return
	}
	if model := findModel(db, f.out, map[reflect.Type]bool{}); model != nil {
		fail("the result %s holds the model %s, and its columns would be encoded by their JSON tags, past every policy: "+
			"return the model itself, or a slice of it, and add it as a Resource; or return a type made for the answer", f.out, model)
	}
	f.open = hasInterface(f.out, map[reflect.Type]bool{})
}

func validFunctionName(name string) bool {
	for _, c := range []byte(name) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && c != '_' && c != '-' {
			return false
		}
	}
	return name != "" && len(name) <= 128
}
