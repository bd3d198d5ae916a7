package document_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// fault makes a request that goes against the document of one that does not. It
// reports false where the operation has no place for it.
type fault struct {
	name  string
	apply func(g *generator, r *request) bool
}

// faults are the ways to go against the document. What each of them is answered
// with must be a 4xx.
var faults = []fault{
	{"a body that is no JSON", func(g *generator, r *request) bool {
		r.raw = pick(g, []string{`{"a":`, `nul`, `{}{}`, `{'a':1}`, "\xff", "[1,]", `{"a":1,"a":2}`})
		return r.body != nil
	}},
	{"no body", func(_ *generator, r *request) bool {
		has := r.body != nil && r.op.RequestBody.Required
		r.body = nil
		return has
	}},
	{"a body of another kind", func(g *generator, r *request) bool {
		has := r.body != nil
		r.body = pick(g, []any{"text", true, 1, []any{1}})
		return has
	}},
	{"another content type", func(g *generator, r *request) bool {
		r.header.Set("Content-Type", pick(g, []string{"text/plain", "application/xml", "multipart/form-data", "application/json; charset=latin1"}))
		return r.body != nil
	}},
	{"an unknown member", func(g *generator, r *request) bool {
		object, s := g.aRow(r)
		if s == nil || s.AdditionalProperties == nil || s.AdditionalProperties.values != nil {
			return false
		}
		object["no_such_member"] = g.anything(0)
		return true
	}},
	{"a member of a wrong value", func(g *generator, r *request) bool {
		object, s := g.aRow(r)
		if s == nil || len(s.Properties) == 0 {
			return false
		}
		name := pick(g, slices.Sorted(maps.Keys(s.Properties)))
		v, ok := g.wrong(s.Properties[name])
		object[name] = v
		return ok
	}},
	{"a required member left out", func(g *generator, r *request) bool {
		object, s := g.aRow(r)
		if s == nil || len(s.Required) == 0 {
			return false
		}
		delete(object, pick(g, s.Required))
		return true
	}},
	{"a parameter of a wrong value", func(g *generator, r *request) bool {
		var typed []*parameter
		for _, p := range r.op.Parameters {
			if p.In == "query" && !strings.HasPrefix(p.key, "filter.") && p.Schema != nil && len(p.Schema.Type) > 0 && p.Schema.Type[0] != "string" {
				typed = append(typed, p)
			}
		}
		if len(typed) == 0 {
			return false
		}
		p := pick(g, typed)
		v, ok := g.wrong(p.Schema)
		r.params = slices.DeleteFunc(r.params, func(s string) bool { return strings.HasPrefix(s, p.Name+"=") })
		r.param(p.Name, fmt.Sprint(v))
		return ok && v != nil
	}},
	{"a required parameter left out", func(g *generator, r *request) bool {
		for _, p := range r.op.Parameters {
			if p.In == "query" && p.Required {
				r.params = slices.DeleteFunc(r.params, func(s string) bool { return strings.HasPrefix(s, p.Name+"=") })
				return true
			}
		}
		return false
	}},
	{"an unknown parameter", func(g *generator, r *request) bool {
		r.param(pick(g, []string{"no_such_thing", "limits", "no.such", "Select"}), pick(g, []string{"eq.1", "x"}))
		return true
	}},
	{"an unknown column in select", grammarFault("select", "no_such_column", "id,,", "(", "no_such(*)", "*:x")},
	{"an unknown column in order", grammarFault("order", "no_such_column", "id.up", ",", "no_such(x)")},
	{"a broken group", grammarFault("and", "(", "(no_such.eq.1)", "x", "()")},
	{"a broken filter", func(g *generator, r *request) bool {
		all := filterable(r.op)
		if len(all) == 0 || strings.HasPrefix(r.op.OperationID, "rpc.") {
			return false
		}
		r.param(pick(g, all).Name, pick(g, []string{"foo.1", "eq", "is.maybe", "in.1", "eq(some).{1}", "adj.1", ""}))
		return true
	}},
	{"a filter of another type", func(g *generator, r *request) bool {
		for _, p := range filterable(r.op) {
			if strings.Contains(p.Description, "(integer)") || strings.Contains(p.Description, "(uuid)") || strings.Contains(p.Description, "(date)") {
				r.param(p.Name, pick(g, []string{"eq.soon", "gt.1.5.1", "in.(a)"}))
				return true
			}
		}
		return false
	}},
	{"a form there is not", func(g *generator, r *request) bool {
		r.header.Set("Accept", pick(g, []string{"image/png", "application/vnd.pgrst.plan+json", "text/html"}))
		return true
	}},
	{"a schema there is not", func(_ *generator, r *request) bool {
		name := "Content-Profile"
		if r.method == http.MethodGet || r.method == http.MethodHead {
			name = "Accept-Profile"
		}
		r.header.Set(name, "private")
		return true
	}},
	{"an unknown preference", func(_ *generator, r *request) bool {
		r.header.Set("Prefer", "handling=strict, no-such=1")
		return true
	}},
	{"too long a query", func(_ *generator, r *request) bool {
		r.param("select", strings.Repeat("x", 9000))
		return true
	}},
	{"a path that is no key", func(_ *generator, r *request) bool {
		for _, p := range r.op.Parameters {
			if p.In == "path" && (p.Schema.Format != "" || p.Schema.Type[0] != "string") {
				r.path = r.path[:strings.LastIndexByte(r.path, '/')+1] + "no%20key"
				return true
			}
		}
		return false
	}},
	{"a path of half an escape", func(_ *generator, r *request) bool {
		if !strings.Contains(r.op.path, "{") {
			return false
		}
		r.path = r.path[:strings.LastIndexByte(r.path, '/')+1] + "%00"
		return true
	}},
}

// grammarFault gives a parameter of the grammar a value it cannot have.
func grammarFault(name string, values ...string) func(*generator, *request) bool {
	return func(g *generator, r *request) bool {
		list, isList := r.body.([]any)
		if isList && len(list) == 0 || !slices.ContainsFunc(r.op.Parameters, func(p *parameter) bool { return p.key == name }) {
			return false // of no rows nothing is selected
		}
		r.params = slices.DeleteFunc(r.params, func(s string) bool { return strings.HasPrefix(s, name+"=") })
		r.param(name, pick(g, values))
		if r.method != http.MethodGet && r.method != http.MethodHead {
			r.header.Set("Prefer", "return=representation") // else there is nothing to select or to sort
		}
		return true
	}
}

// aRow returns an object of the body and its schema, nil where the document has
// none.
func (g *generator) aRow(r *request) (map[string]any, *schema) {
	if r.body == nil || r.method == http.MethodPut {
		return nil, nil
	}
	switch body := r.body.(type) {
	case map[string]any:
		return body, r.sent
	case []any:
		if len(body) == 1 {
			return body[0].(map[string]any), r.sent
		}
	}
	return nil, nil
}

// faulty makes a request that goes against the document in one way.
func (g *generator) faulty(op *operation) *request {
	for {
		r := &request{caller: g.caller, method: op.method, op: op, path: op.path, header: http.Header{}}
		g.body(r)
		g.filters(r)
		for _, p := range op.Parameters {
			if p.Required || p.In == "header" && !strings.HasPrefix(p.key, "If-") {
				g.parameter(r, p)
			}
		}
		f := pick(g, faults)
		if !f.apply(g, r) {
			continue
		}
		if strings.Contains(f.name, "member") && g.doc.check(op.RequestBody.Content["application/json"].Schema, decoded(r.text()), "") == nil {
			continue // it fits another of the schemas of the body
		}
		r.fault = f.name
		return r.finish()
	}
}

// decoded returns the value of a text.
func decoded(text string) (v any) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		panic(err)
	}
	return v
}
