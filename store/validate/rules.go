package validate

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-playground/validator/v10"
)

// CheckRules returns an error if a rule does not exist, does not fit the type or its
// parameter, or is not supported by this package. Call it before validating values.
func (v *Validator) CheckRules(rules string, typ reflect.Type) error {
	if rules == "" || rules == "-" {
		return nil
	}
	if err := allowed(rules); err != nil {
		return err
	}
	// First all rules together, because their order may be wrong. Without a sample the
	// nil value still detects unknown rules.
	sample, ok := sampleOf(typ)
	if err := v.try(sample, rules); err != nil || !ok {
		return err
	}
	// Validation stops at the first rule a value breaks, so try each rule alone.
	parts := strings.Split(rules, ",")
	for i, rule := range parts {
		if rule == "dive" {
			list := reflect.TypeOf(sample)
			if list.Kind() != reflect.Slice && list.Kind() != reflect.Array && list.Kind() != reflect.Map {
				return fmt.Errorf("validate: dive cannot judge a %s", list)
			}
			return v.checkItems(parts[i+1:], list)
		}
		for alternative := range strings.SplitSeq(rule, "|") {
			if err := v.try(sample, alternative); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkItems is CheckRules for the rules after dive: for the items of a list and, from
// keys to endkeys, for the keys of a map.
func (v *Validator) checkItems(parts []string, list reflect.Type) error {
	if len(parts) > 0 && parts[0] == "keys" {
		end := slices.Index(parts, "endkeys")
		if list.Kind() != reflect.Map || end < 0 {
			return fmt.Errorf("validate: keys cannot judge a %s, or has no endkeys behind it", list)
		}
		if err := v.CheckRules(strings.Join(parts[1:end], ","), list.Key()); err != nil {
			return err
		}
		parts = parts[end+1:]
	}
	return v.CheckRules(strings.Join(parts, ","), list.Elem())
}

// allowed rejects rules by name, for values of any type.
func allowed(rules string) error {
	for rule := range strings.FieldsFuncSeq(rules, func(r rune) bool { return r == ',' || r == '|' }) {
		name, _, _ := strings.Cut(rule, "=")
		switch {
		case comparesFields(name):
			return fmt.Errorf("validate: rule %s compares with other fields, which is for a hook", name)
		case slices.Contains(outside, name):
			return fmt.Errorf("validate: rule %s looks at the server or the network", name)
		}
	}
	return nil
}

// try tries rules on a sample. That it breaks them does not matter.
func (v *Validator) try(sample any, rules string) error {
	var broken validator.ValidationErrors
	if err := v.run(sample, rules); err != nil && !errors.As(err, &broken) {
		return fmt.Errorf("validate: rules %q cannot judge a %T: %w", rules, sample, err)
	}
	return nil
}

// outside are rules that use a value as a path or an address. They are never run:
// [New] replaces them, for tags in structs that are judged as a whole.
var outside = []string{
	"file", "filepath", "dir", "dirpath", "image", "mimetype", "unix_addr", "uds_exists",
	"tcp_addr", "tcp4_addr", "tcp6_addr", "udp_addr", "udp4_addr", "udp6_addr", "ip_addr", "ip4_addr", "ip6_addr",
}

// comparesFields reports rules that need the struct around the value.
func comparesFields(name string) bool {
	return strings.HasSuffix(name, "field") || strings.HasPrefix(name, "required_") ||
		strings.HasPrefix(name, "excluded_") || strings.HasPrefix(name, "field") || name == "skip_unless"
}

// sampleOf returns a sample value of a type. It is not the zero value, because
// omitempty must not end the trial. It reports false for types without a constructible
// sample.
func sampleOf(typ reflect.Type) (any, bool) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	rv := reflect.New(typ).Elem()
	switch typ.Kind() {
	case reflect.String:
		rv.SetString("x")
	case reflect.Bool:
		rv.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		rv.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		rv.SetUint(1)
	case reflect.Float32, reflect.Float64:
		rv.SetFloat(1)
	case reflect.Slice:
		rv.Set(reflect.MakeSlice(typ, 0, 0))
	case reflect.Struct:
		if typ == reflect.TypeFor[time.Time]() {
			return time.Unix(1, 0), true
		}
		// sql.Null[T] and its kin: null until they are marked.
		if valid := rv.FieldByName("Valid"); valid.IsValid() && valid.Kind() == reflect.Bool && valid.CanSet() {
			valid.SetBool(true)
		}
	}
	return plain(rv.Interface())
}
