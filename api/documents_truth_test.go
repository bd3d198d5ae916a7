package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestDocumentForGenerators holds the complete document to what generated clients rely on.
// Package tests/wire/document compares the document with the answers of both engines.
func TestDocumentForGenerators(t *testing.T) {
	t.Parallel()
	db := memory(t)
	h := fixtureServer(t, db, api.Config{}, functions(db)...)
	body := must(t, h, 200, request{caller: "service", line: "GET /"}).body
	visitSchemas(decode[any](t, body), "", func(at string, s map[string]any) {
		_, typed := s["type"]
		_, enum := s["enum"]
		if s["const"] != nil || enum && !typed {
			t.Errorf("%s: const, or enum without a type", at)
		}
		if hasType(s["type"], "array") && s["items"] == nil {
			t.Errorf("%s: an array without items", at)
		}
		if strings.HasSuffix(at, ".Row") && s["required"] != nil {
			t.Errorf("%s: %v are required, and select can leave them out", at, s["required"])
		}
	})
	type answer struct {
		Ref     string `json:"$ref"`
		Content json.RawMessage
	}
	document := decode[struct {
		Paths map[string]map[string]struct {
			OperationID string
			Responses   map[string]answer
		}
	}](t, body)
	for _, path := range document.Paths {
		for method, op := range path {
			for status, r := range op.Responses {
				switch {
				case method == "head" && (r.Ref != "" || r.Content != nil):
					t.Errorf("%s: the answer %s to HEAD has a body", op.OperationID, status)
				case status == "201" && r.Content != nil:
					t.Errorf("%s: 201 has a body, and has none without Prefer: return=representation", op.OperationID)
				case op.OperationID == "tasks.insert" && status == "200" && r.Content != nil:
					t.Errorf("%s: 200 has a body, and has none without Prefer: return=representation", op.OperationID)
				}
			}
		}
	}
}

// TestDocumentedPreconditions sends what the document says of If-None-Match.
func TestDocumentedPreconditions(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{})
		document := decode[struct {
			Paths map[string]map[string]struct {
				Parameters []struct {
					Ref string `json:"$ref"`
				}
			}
			Components struct {
				Parameters map[string]struct {
					Name   string
					Schema struct{ Enum, Examples []string }
				}
			}
		}](t, must(t, h, 200, request{caller: "service", line: "GET /"}).body)
		sent := 0
		for _, ref := range document.Paths["/labels/{id}"]["put"].Parameters {
			p := document.Components.Parameters[ref.Ref[strings.LastIndexByte(ref.Ref, '/')+1:]]
			if p.Name != "If-None-Match" {
				continue
			}
			for _, value := range slices.Concat(p.Schema.Enum, p.Schema.Examples) {
				sent++
				must(t, h, http.StatusCreated, request{
					caller: "ann", line: fmt.Sprint("PUT /labels/new", sent), body: `{"text":"new"}`,
					header: []string{"If-None-Match: " + value},
				})
			}
		}
		if sent == 0 {
			t.Error("the document has no value of If-None-Match")
		}
	})
}

// visitSchemas calls visit with every object that may be a schema.
func visitSchemas(v any, at string, visit func(at string, schema map[string]any)) {
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			visitSchemas(item, fmt.Sprint(at, "/", i), visit)
		}
	case map[string]any:
		visit(at, v)
		for name, member := range v {
			if name != "examples" {
				visitSchemas(member, at+"/"+name, visit)
			}
		}
	}
}

// hasType reports whether the type of a schema, a string or a list, has a name.
func hasType(of any, name string) bool {
	list, _ := of.([]any)
	return of == name || slices.Contains(list, any(name))
}
