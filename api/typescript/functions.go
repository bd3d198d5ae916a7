package typescript

import (
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/catalog"
	"github.com/seed-7694ebf6/plinth/api/openapi"
)

// functions writes the functions with their arguments and results.
func (p *printer) functions() {
	if len(p.catalog.Functions) == 0 {
		p.line("Functions: { [_ in never]: never }")
		return
	}
	p.block("Functions:", func() {
		for _, f := range p.catalog.Functions {
			p.block(member(f.Name)+":", func() { p.function(f) })
		}
	})
}

func (p *printer) function(f *catalog.Function) {
	args := "never"
	if f.In.NumField() > 0 {
		args = typeOf(p.types.Input(f.In))
	}
	p.line("Args: %s", args)
	if f.Table == nil || !slices.Contains(p.catalog.Tables, f.Table) {
		p.line("Returns: %s", p.result(f))
		return
	}
	row := `Database["public"]["Tables"]["` + f.Table.Table.Name + `"]["Row"]`
	if !f.Many {
		p.line("Returns: %s | null", row)
		return
	}
	p.line("Returns: %s[]", row)
	p.line(`SetofOptions: { from: "*"; to: %q; isOneToOne: false; isSetofReturn: true }`, f.Table.Table.Name)
}

// result returns the type of a result that is no row of a table in the types.
func (p *printer) result(f *catalog.Function) string {
	switch {
	case f.Void:
		return "undefined"
	case f.Table != nil && f.Many:
		return "Record<string, unknown>[]"
	case f.Table != nil:
		return "Record<string, unknown> | null"
	case f.Many:
		return listOf(typeOf(p.types.Output(f.Out.Elem())))
	}
	return typeOf(p.types.Output(f.Out))
}

// definitions writes the structs that arguments and results refer to.
func (p *printer) definitions() {
	if len(p.types.Definitions) == 0 {
		return
	}
	p.line("")
	p.block("export type Types =", func() {
		for _, d := range p.types.Definitions {
			p.line("%s: %s", member(d.Name), typeOf(d.Schema))
		}
	})
}

// typeOf returns a schema as a type.
func typeOf(s *openapi.Schema) string {
	switch {
	case s.Ref != "":
		return "Types[" + quote(s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]) + "]"
	case len(s.AnyOf) > 0:
		parts := make([]string, len(s.AnyOf))
		for i, part := range s.AnyOf {
			parts[i] = typeOf(part)
		}
		return strings.Join(parts, " | ")
	case len(s.Enum) > 0:
		parts := make([]string, len(s.Enum))
		for i, value := range s.Enum {
			parts[i] = string(value)
		}
		return strings.Join(parts, " | ")
	case len(s.Type) == 0:
		return "Json"
	}
	parts := make([]string, len(s.Type))
	for i, name := range s.Type {
		parts[i] = simpleType(s, name)
	}
	return strings.Join(parts, " | ")
}

// simpleType returns one of the types of a schema.
func simpleType(s *openapi.Schema, name string) string {
	switch name {
	case "integer":
		return "number"
	case "array":
		return listOf(typeOf(s.Items))
	case "object":
		return objectOf(s)
	}
	return name
}

func listOf(element string) string {
	if strings.Contains(element, " | ") {
		element = "(" + element + ")"
	}
	return element + "[]"
}

func objectOf(s *openapi.Schema) string {
	if s.AdditionalProperties != nil && s.AdditionalProperties.Values != nil {
		return "{ [key: string]: " + typeOf(s.AdditionalProperties.Values) + " }"
	}
	if len(s.Properties) == 0 {
		return none
	}
	parts := make([]string, len(s.Properties))
	for i, p := range s.Properties {
		mark := "?: "
		if slices.Contains(s.Required, p.Name) {
			mark = ": "
		}
		parts[i] = member(p.Name) + mark + typeOf(p.Schema)
	}
	return "{ " + strings.Join(parts, "; ") + " }"
}

// member returns a name as a member of a type, in quotes where it has to be.
func member(name string) string {
	for i, c := range []byte(name) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return quote(name)
		}
	}
	return name
}
