package validate

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-playground/validator/v10"
	"github.com/seed-7694ebf6/plinth/store"
)

// Validator implements [store.Validator]. It is safe for concurrent use. Make one with
// [New] for the whole program, because it caches parsed rules. A type that embeds it
// may override Check to change the texts.
type Validator struct {
	engine *validator.Validate
}

var _ store.Validator = (*Validator)(nil)

// New returns a Validator.
func New() *Validator {
	engine := validator.New(validator.WithRequiredStructEnabled())
	engine.RegisterTagNameFunc(jsonName)
	for _, rule := range outside {
		// It fails for a rule without a name only.
		_ = engine.RegisterValidation(rule, func(validator.FieldLevel) bool { return false })
	}
	return &Validator{engine: engine}
}

// jsonName names the fields of structs kept as JSON as the client knows them.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "-" {
		return ""
	}
	return name
}

// Check implements [store.Validator]. It returns the first rule that the value breaks
// and a text for the client, or two empty strings. Nil and nil pointers pass. A rule
// that cannot be applied to a value fails, and one that accesses the server's files or
// the network always fails.
func (v *Validator) Check(value any, rules string) (rule, text string) {
	value, ok := plain(value)
	if !ok || rules == "" {
		return "", ""
	}
	err := v.run(value, rules)
	if err == nil {
		return "", ""
	}
	var broken validator.ValidationErrors
	if !errors.As(err, &broken) || len(broken) == 0 {
		return rules, "cannot be checked"
	}
	return broken[0].Tag(), place(broken[0].Namespace()) + describe(broken[0])
}

// run applies rules and turns a panic, which is how the engine reports rules it
// cannot apply, into an error.
func (v *Validator) run(value any, rules string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return v.engine.Var(value, rules)
}

// plain returns what the rules judge: the value behind pointers, and in place of
// types that keep a value for the database that value. It reports false for
// null.
func plain(value any) (any, bool) {
	rv := reflect.ValueOf(value)
	for rv.Kind() == reflect.Pointer {
		if rv.IsNil() {
			return nil, false
		}
		rv = rv.Elem()
	}
	if !rv.IsValid() {
		return nil, false
	}
	value = rv.Interface()
	switch x := value.(type) {
	case store.Decimal:
		f, err := strconv.ParseFloat(x.String(), 64)
		return f, err == nil // its digits are those of a number, however many
	case driver.Valuer:
		inner, err := x.Value()
		if err != nil {
			return value, true
		}
		return inner, inner != nil
	}
	return value, true
}
