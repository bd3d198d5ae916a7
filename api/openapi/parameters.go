package openapi

import (
	"encoding/json"
	"strconv"
)

// Parameter is an OpenAPI parameter, or a reference to one.
type Parameter struct {
	Ref         string  `json:"$ref,omitempty"`
	Name        string  `json:"name,omitempty"`
	In          string  `json:"in,omitempty"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Schema      *Schema `json:"schema,omitempty"`
	Content     Content `json:"content,omitempty"`
}

// parameterOf makes a parameter of the whole API.
type parameterOf func(s *API) Parameter

// parameters are those that do not depend on a table, by the name operations
// take them by.
var parameters = []struct {
	key  string
	make parameterOf
}{
	{"select", query("select", "Columns and relations to answer with: `id,title`, `alias:column`, `column::text`, "+
		"`relation(column,...)`, `relation!inner(*)`, `relation!hint(*)`, `...relation(column)`, `column->key`, `column->>key`, `column.sum()`, `count()`. Without it all columns. "+
		"With it an answer has only these members; an alias or a cast may give a member another name or type than the schema has.")},
	{"order", query("order", "Order of the rows: `column.desc.nullslast,other`, by columns that have the filter `gt`. Rows that are equal come in key order, in the direction of the last column, and without an order all rows ascending.")},
	{"limit", number("limit", "Most rows to answer with.", func(s *API) int { return s.Rows })},
	{"offset", number("offset", "Rows to skip.", func(s *API) int { return s.Offset })},
	{"after", query("after", "Cursor to continue from, out of the `Link` header of the page before.")},
	{"and", query("and", "Conditions that all hold: `(column.eq.1,or(other.is.null,other.gt.2))`.")},
	{"or", query("or", "Conditions of which one holds: `(column.eq.1,other.is.null)`.")},
	{"not.and", query("not.and", "Conditions that do not all hold.")},
	{"not.or", query("not.or", "Conditions of which none holds.")},
	{"columns", query("columns", "Columns of the body that are written; its other members are ignored.")},
	{"on_conflict", query("on_conflict", "Columns of the unique key by which `Prefer: resolution` finds a row. Without it the primary key.")},
	{"Prefer.read", header("Prefer", "`count=exact` gives the total in `Content-Range`; `handling=strict` rejects unknown preferences.", "count=exact")},
	{"Prefer.insert", header("Prefer", "`return=minimal`, `headers-only` or `representation`; `resolution=merge-duplicates` or "+
		"`ignore-duplicates` for rows with a key that exists; `missing=default` or `null`; `count=exact`; `handling=strict`.", "return=representation")},
	{"Prefer.write", header("Prefer", "`return=minimal`, `headers-only` or `representation`; `count=exact`; `handling=strict`, and with it `max-affected=10`, beyond which nothing is done.", "return=representation")},
	{"Prefer.call", header("Prefer", "`return=minimal` leaves the result out; `count=exact` counts the rows.", "return=minimal")},
	{"Idempotency-Key", header("Idempotency-Key", "Name of the request, new for each: sent again with it, the request is not done again and has the same answer.", `"8e03978e-40d5-43e8-bc93-6894a57f9324"`)},
	{"Accept-Profile", profile("Accept-Profile")},
	{"Content-Profile", profile("Content-Profile")},
	{"Range", header("Range", "First and last row to answer with, beside `limit` and `offset`.", "0-9")},
	{"If-Match", header("If-Match", "ETag of the row as it was read; another version answers 412.", `"3.bJ2Lk0mXv4Qy"`)},
	{"If-None-Match", header("If-None-Match", "ETag of an answer that is at hand; the same one answers 304.", `"3.bJ2Lk0mXv4Qy"`)},
	{"If-None-Match.put", choice("If-None-Match", "The row must not exist, else the answer is 412.", "*")},
}

func query(name, description string) parameterOf {
	return func(*API) Parameter {
		return Parameter{Name: name, In: "query", Description: description, Schema: text()}
	}
}

func number(name, description string, most func(*API) int) parameterOf {
	return func(s *API) Parameter {
		return Parameter{Name: name, In: "query", Description: description, Schema: &Schema{
			Type: TypeList{"integer"}, Minimum: "0", Maximum: json.Number(strconv.Itoa(most(s))),
		}}
	}
}

func header(name, description, example string) parameterOf {
	return func(*API) Parameter {
		s := text()
		s.Examples = []string{example}
		return Parameter{Name: name, In: "header", Description: description, Schema: s}
	}
}

func profile(name string) parameterOf {
	return choice(name, "Schema of the API. There is only one.", "public")
}

// choice is a header with one possible value. It is an enum of a string: generators for
// Python support no const in a header.
func choice(name, description, value string) parameterOf {
	return func(*API) Parameter {
		return Parameter{Name: name, In: "header", Description: description, Schema: &Schema{Type: TypeList{"string"}, Enum: []json.RawMessage{jsonText(value)}}}
	}
}

// Where the components of a document are.
const (
	parametersPath = "#/components/parameters/"
	headersPath    = "#/components/headers/"
	responsesPath  = "#/components/responses/"
)

func parameterRef(key string) Parameter { return Parameter{Ref: parametersPath + key} }
