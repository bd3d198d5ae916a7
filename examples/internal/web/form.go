package web

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/seed-7694ebf6/plinth/store"
)

// Form is what a browser has sent, and what is wrong with it.
type Form struct {
	Values url.Values
	Errors map[string]string // by the name of the field
	Order  []string          // the names of Errors, in the order in which they were found
}

// ReadForm reads the form of a request. A form that cannot be read has no values.
func ReadForm(r *http.Request) *Form {
	if r.ParseForm() != nil {
		return NewForm(nil)
	}
	return NewForm(r.Form)
}

// NewForm returns a form with values, such as those of a row that is edited.
func NewForm(values url.Values) *Form { return &Form{Values: values, Errors: map[string]string{}} }

// Value returns what a field has: valid text without control characters, with lines that end
// in a newline, and without spaces around it. [url.Values] has it as it was sent.
func (f *Form) Value(name string) string {
	text := strings.ToValidUTF8(strings.ReplaceAll(f.Values.Get(name), "\r\n", "\n"), "")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\u2028' || r == '\u2029': // separators of lines and paragraphs
			return '\n'
		case unicode.IsControl(r) && r != '\n' && r != '\t':
			return -1
		}
		return r
	}, text))
}

// Line returns the value of a field as one line.
func (f *Form) Line(name string) string { return strings.Join(strings.Fields(f.Value(name)), " ") }

// Fail adds an error to a field, which has none yet.
func (f *Form) Fail(name, text string) {
	if _, failed := f.Errors[name]; !failed {
		f.Errors[name] = text
		f.Order = append(f.Order, name)
	}
}

// Require adds an error to each field that is empty. Labels are those of the page, by name.
func (f *Form) Require(labels ...string) {
	for i := 0; i+1 < len(labels); i += 2 {
		if f.Value(labels[i]) == "" {
			f.Fail(labels[i], labels[i+1]+" is missing.")
		}
	}
}

// OK reports whether no field has an error.
func (f *Form) OK() bool { return len(f.Errors) == 0 }

// Reject adds the errors of a row to the fields named like its columns. It reports false for
// any other error, and for nil. Labels are those of the page in its order, by name: errors
// begin with them.
func (f *Form) Reject(err error, labels ...string) bool {
	invalid, ok := errors.AsType[*store.ValidationError](err)
	if !ok {
		return false
	}
	for i := 0; i+1 < len(labels); i += 2 {
		for _, e := range invalid.Fields {
			if e.Column == labels[i] {
				f.Fail(e.Column, labels[i+1]+" "+textOf(e)+".")
			}
		}
	}
	for _, e := range invalid.Fields {
		f.Fail(e.Column, "This "+textOf(e)+".")
	}
	return true
}

// textOf returns what a rule says of a field, after its label.
func textOf(e store.FieldError) string {
	if e.Rule == "email" || e.Text == "" {
		return "is not valid"
	}
	return e.Text
}

// Option is an option of a select element.
type Option struct{ Value, Text string }

// fieldView is the dot of the template "field".
type fieldView struct {
	Name, Label, Kind, Value, Error, Hint, Autocomplete string
	Required                                            bool
	Options                                             []Option
}

// DescribedBy returns the ids of the hint and the error.
func (v fieldView) DescribedBy() string {
	var ids []string
	if v.Hint != "" {
		ids = append(ids, v.Name+"-hint")
	}
	if v.Error != "" {
		ids = append(ids, v.Name+"-error")
	}
	return strings.Join(ids, " ")
}

type (
	hint         string
	autocomplete string
	required     struct{}
)

// functions are those of templates.
var functions = template.FuncMap{
	"field": func(f *Form, name, label, kind string, more ...any) fieldView {
		v := fieldView{Name: name, Label: label, Kind: kind}
		if f != nil {
			v.Value, v.Error = f.Values.Get(name), f.Errors[name]
		}
		for _, m := range more {
			switch m := m.(type) {
			case hint:
				v.Hint = string(m)
			case autocomplete:
				v.Autocomplete = string(m)
			case required:
				v.Required = true
			case []Option:
				v.Options = m
			}
		}
		return v
	},
	"hint":         func(text string) hint { return hint(text) },
	"autocomplete": func(text string) autocomplete { return autocomplete(text) },
	"required":     func() required { return required{} },
}
