package document_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// document is an OpenAPI document. Reading one fails at a member that is not here,
// so that nothing of it is passed over.
type document struct {
	OpenAPI  string
	Info     any
	Servers  []struct{ URL string }
	Security any
	Tags     []struct{ Name, Description string }
	Paths    map[string]map[string]*operation

	Components struct {
		SecuritySchemes any
		Parameters      map[string]*parameter
		Headers         map[string]*header
		Responses       map[string]*response
		Schemas         map[string]*schema
	}
}

type operation struct {
	Tags                              []string
	Summary, Description, OperationID string
	Parameters                        []*parameter
	RequestBody                       *struct {
		Description string
		Required    bool
		Content     content
	}
	Responses map[string]*response

	path, method string
}

type parameter struct {
	Ref                   string `json:"$ref"`
	Name, In, Description string
	Required              bool
	Schema                *schema
	Content               content

	key string // among the components
}

type header struct {
	Ref         string `json:"$ref"`
	Description string
	Required    bool
	Schema      *schema
}

type response struct {
	Ref         string `json:"$ref"`
	Description string
	Headers     map[string]*header
	Content     content
}

// content is the forms of a body by media type.
type content map[string]struct{ Schema *schema }

// readDocument reads what the server says of itself to a caller.
func readDocument(t *testing.T, url, caller string) *document {
	t.Helper()
	res := send(t, url, &request{caller: caller, method: http.MethodGet, target: "/rest/v1/-/openapi.json"})
	if res.status != http.StatusOK {
		t.Fatalf("the document of %s: %d %s", caller, res.status, res.body)
	}
	d := new(document)
	dec := json.NewDecoder(bytes.NewReader(res.body))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	if err := dec.Decode(d); err != nil {
		t.Fatalf("the document of %s: %v", caller, err)
	}
	d.resolve()
	return d
}

// resolve puts components in the place of references, but for schemas, which may
// hold themselves.
func (d *document) resolve() {
	for key, p := range d.Components.Parameters {
		p.key = key
	}
	for name, row := range d.Components.Schemas {
		if strings.HasSuffix(name, ".Row") { // requests with select have schemas of their own
			row.Required = slices.Sorted(maps.Keys(row.Properties))
		}
	}
	headers := func(r *response) {
		for name, h := range r.Headers {
			if h.Ref != "" {
				r.Headers[name] = d.Components.Headers[lastOf(h.Ref)]
			}
		}
	}
	for _, r := range d.Components.Responses {
		headers(r)
	}
	for _, op := range d.operations() {
		for i, p := range op.Parameters {
			if p.Ref != "" {
				op.Parameters[i] = d.Components.Parameters[lastOf(p.Ref)]
			}
		}
		for status, r := range op.Responses {
			if r.Ref != "" {
				op.Responses[status] = d.Components.Responses[lastOf(r.Ref)]
			}
			headers(op.Responses[status])
		}
	}
}

// operations are all of the document, in one order.
func (d *document) operations() []*operation {
	var all []*operation
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(d.Paths[path])) {
			op := d.Paths[path][method]
			op.path, op.method = path, strings.ToUpper(method)
			all = append(all, op)
		}
	}
	return all
}

// schema returns what a reference refers to.
func (d *document) schema(s *schema) *schema {
	for s.Ref != "" {
		s = d.Components.Schemas[lastOf(s.Ref)]
	}
	return s
}

func lastOf(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }
