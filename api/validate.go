package api

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/ruletag"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// checkPlan says which members of a document have validate tags, at every level.
type checkPlan struct {
	fields []checkField
}

type checkField struct {
	index    []int
	name     string // of the member
	required bool
	rules    string     // for the validator, without required
	inner    *checkPlan // of a struct, or of the structs in a slice
}

// planChecks reads the validate tags of a struct, and lets judge see the rules of each
// field. A type that holds itself is checked down to where it begins again.
func planChecks(t reflect.Type, outer []reflect.Type, judge func(t reflect.Type, field reflect.StructField, rules string)) *checkPlan {
	plan := &checkPlan{}
	if slices.Contains(outer, t) {
		return plan
	}
	outer = append(outer, t)
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || f.Anonymous && name == "" || name == "-" {
			continue
		}
		field := checkField{index: f.Index, name: cmp.Or(name, f.Name)}
		field.required, field.rules = ruletag.Split(f.Tag.Get("validate"))
		judge(t, f, field.rules)
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			if p := planChecks(inner, outer, judge); len(p.fields) > 0 {
				field.inner = p
			}
		}
		if field.required || field.rules != "" || field.inner != nil {
			plan.fields = append(plan.fields, field)
		}
	}
	return plan
}

func (p *checkPlan) needsValidator() bool {
	for _, f := range p.fields {
		if f.rules != "" || f.inner != nil && f.inner.needsValidator() {
			return true
		}
	}
	return false
}

// check checks a decoded document. The error lists every member that fails.
func (p *checkPlan) check(v store.Validator, doc strictjson.Value, value reflect.Value) error {
	if len(p.fields) == 0 {
		return nil
	}
	c := checker{validator: v}
	c.object(p, "", doc, value)
	if len(c.failed) == 0 {
		return nil
	}
	return problem.Invalid("the arguments do not pass validation", c.failed)
}

type checker struct {
	validator store.Validator
	failed    []store.FieldError
}

func (c *checker) fail(path, rule, text string) {
	c.failed = append(c.failed, store.FieldError{Column: path, Rule: rule, Text: text})
}

func (c *checker) object(p *checkPlan, path string, doc strictjson.Value, value reflect.Value) {
	members := make([]strictjson.Value, len(p.fields)) // of kind Missing where one is not there
	for name, v := range doc.Members() {
		for i := range p.fields {
			if p.fields[i].name == string(name) {
				members[i] = v
			}
		}
	}
	for i := range p.fields {
		f, member := &p.fields[i], members[i]
		text, isText := member.Text()
		switch {
		case member.Kind() == strictjson.Missing || member.Kind() == strictjson.Null:
			if f.required {
				c.fail(path+f.name, ruletag.Required, ruletag.Missing)
			}
		case f.required && isText && text == "":
			c.fail(path+f.name, ruletag.Required, ruletag.Empty)
		default:
			c.member(f, path+f.name, member, value.FieldByIndex(f.index))
		}
	}
}

// member checks a member that is there and not null.
func (c *checker) member(f *checkField, path string, doc strictjson.Value, value reflect.Value) {
	for value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if f.rules != "" {
		if rule, text := c.validator.Check(value.Interface(), f.rules); rule != "" {
			c.fail(path, rule, text)
		}
	}
	if f.inner != nil {
		c.inner(f.inner, path, doc, value)
	}
}

// inner checks the structs in a member: itself, or its elements.
func (c *checker) inner(p *checkPlan, path string, doc strictjson.Value, value reflect.Value) {
	for value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return
		}
		value = value.Elem()
	}
	if value.Kind() != reflect.Slice {
		c.object(p, path+".", doc, value)
		return
	}
	for i, v := range doc.Elements() {
		if v.Kind() != strictjson.Null && i < value.Len() {
			c.inner(p, path+"."+strconv.Itoa(i), v, value.Index(i))
		}
	}
}
