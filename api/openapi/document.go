package openapi

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/catalog"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// Document returns the OpenAPI 3.1 document of an API.
func Document(s *API) ([]byte, error) {
	b := builder{api: s, types: NewTypes("types."), routeTypes: NewTypes("routes.")}
	b.routeTypes.capital = true
	for _, t := range s.Tables {
		b.table(t)
	}
	for _, f := range s.Functions {
		b.function(f)
	}
	if len(b.paths) > 0 {
		b.batch()
	}
	for i := range s.Routes {
		b.route(&s.Routes[i])
	}
	return strictjson.Encode(b.document())
}

// builder collects the parts of a document.
type builder struct {
	api   *API
	types *Types // of functions

	routeTypes *Types

	tags    []tag
	paths   ordered[ordered[operationObject]]
	schemas Properties
	filters ordered[Parameter]
}

type tag struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// operationObject is an OpenAPI operation.
type operationObject struct {
	Tags        []string          `json:"tags"`
	Summary     string            `json:"summary"`
	Description string            `json:"description,omitempty"`
	OperationID string            `json:"operationId"`
	Parameters  []Parameter       `json:"parameters,omitempty"`
	RequestBody *RequestBody      `json:"requestBody,omitempty"`
	Responses   ordered[Response] `json:"responses"`
}

// ordered is an object that preserves the order of its members.
type ordered[T any] []entry[T]

type entry[T any] struct {
	name  string
	value T
}

// MarshalJSON writes the object.
func (o ordered[T]) MarshalJSON() ([]byte, error) {
	return encodeOrdered(o, func(e entry[T]) (string, any) { return e.name, e.value })
}

// table adds the schemas and paths of a table.
func (b *builder) table(t *catalog.Table) {
	b.tags = append(b.tags, tag{t.Table.Name, relationsText(t)})
	b.schemas = append(b.schemas, schemas(t)...)
	for _, c := range t.Table.Columns {
		if t.Readable.Has(c) && t.Read {
			b.filters = append(b.filters, entry[Parameter]{filterKey(t, c), b.filter(c)})
		}
	}
	paths := map[string]ordered[operationObject]{}
	for _, op := range operations() {
		if op.allowed(t) {
			paths[op.pattern] = append(paths[op.pattern], entry[operationObject]{strings.ToLower(op.method), b.operation(op, t)})
		}
	}
	for _, pattern := range []string{patternTable, patternRow} {
		if len(paths[pattern]) > 0 {
			path := b.api.Prefix + strings.Replace(pattern, "{table}", t.Table.Name, 1)
			b.paths = append(b.paths, entry[ordered[operationObject]]{path, paths[pattern]})
		}
	}
}

// relationsText lists what select can embed.
func relationsText(t *catalog.Table) string {
	if len(t.Relations) == 0 {
		return "No relations."
	}
	names := make([]string, len(t.Relations))
	for i, r := range t.Relations {
		number := "one"
		if r.Many {
			number = "many"
		}
		names[i] = fmt.Sprintf("`%s` (%s of `%s`)", r.Name, number, r.Target.Name)
	}
	return "Relations for select: " + strings.Join(names, ", ") + ". `...relation(column)` puts columns of one row among those of the row itself; `relation=is.null` selects the rows without a related one."
}

// schemas are the forms of a row. A body has only the members it may set, and
// the strict decoder refuses any other.
func schemas(t *catalog.Table) Properties {
	var all Properties
	object := func(name string, set store.ColumnSet, schema func(*store.Column) *Schema, required func(*store.Column) bool) *Schema {
		s := &Schema{Type: TypeList{"object"}}
		for _, c := range t.Table.Columns {
			if !set.Has(c) {
				continue
			}
			s.Properties = append(s.Properties, Property{c.Name, schema(c)})
			if required(c) {
				s.Required = append(s.Required, c.Name)
			}
		}
		all = append(all, Property{t.Table.Name + name, s})
		return s
	}
	none := func(*store.Column) bool { return false }
	object(".Row", t.Readable, func(c *store.Column) *Schema { return readSchema(t, c) }, none).
		Description = "A row. Without `select` it has all members."
	if t.Create {
		object(".Insert", t.Creatable, func(c *store.Column) *Schema { return writeSchema(t, c, true) }, func(c *store.Column) bool { return Required(t, c) }).
			AdditionalProperties = &Closed{}
	}
	if t.Update {
		object(".Update", t.Updatable, func(c *store.Column) *Schema { return writeSchema(t, c, false) }, none).
			AdditionalProperties = &Closed{}
	}
	return all
}

// operation makes an operation on a table.
func (b *builder) operation(op operation, t *catalog.Table) operationObject {
	o := operationObject{
		Tags: []string{t.Table.Name}, Summary: op.summary, OperationID: t.Table.Name + "." + op.id,
		Responses: responses(op.method, op.answers, op.failures, ref(t.Table.Name+".Row")),
	}
	if op.pattern == patternRow {
		key := t.Table.PrimaryKey[0]
		s := kinds[key.Kind].read
		o.Parameters = append(o.Parameters, Parameter{Name: "id", In: "path", Required: true, Description: "Value of " + key.Name + ".", Schema: &s})
	}
	for _, key := range op.parameters {
		o.Parameters = append(o.Parameters, parameterRef(key))
	}
	if b.api.Repeats && op.writes() {
		b.repeats(&o)
	}
	if op.filters {
		for _, c := range t.Table.Columns {
			if t.Readable.Has(c) {
				o.Parameters = append(o.Parameters, parameterRef(filterKey(t, c)))
			}
		}
	}
	if op.body != nil {
		o.RequestBody = op.body(b.api, t)
	}
	return o
}

// responses lists the answers and errors of an operation by status. Errors of HEAD have no
// body.
func responses(method string, answers []answer, failed []int, row *Schema) ordered[Response] {
	var all ordered[Response]
	for _, a := range answers {
		r := Response{Description: a.description}
		for _, h := range a.headers {
			r.Headers = append(r.Headers, Header{h})
		}
		if a.content != nil {
			r.Content = a.content(row)
		}
		all = append(all, entry[Response]{strconv.Itoa(a.status), r})
	}
	for _, f := range failures {
		if !slices.Contains(failed, f.status) {
			continue
		}
		r := Response{Ref: responsesPath + failureName(f.status)}
		if method == http.MethodHead {
			r = f.response(nil)
		}
		all = append(all, entry[Response]{strconv.Itoa(f.status), r})
	}
	other := Response{Ref: responsesPath + "Error"}
	if method == http.MethodHead {
		other = otherError(nil)
	}
	all = append(all, entry[Response]{"default", other})
	sortResponses(all)
	return all
}

// sortResponses sorts by status, with the default at the end.
func sortResponses(all ordered[Response]) {
	slices.SortStableFunc(all, func(x, y entry[Response]) int { return cmp.Compare(x.name, y.name) })
}
