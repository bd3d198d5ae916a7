package openapi

import (
	"strconv"
	"strings"
)

// Response is an OpenAPI response, or a reference to one.
type Response struct {
	Ref         string  `json:"$ref,omitempty"`
	Description string  `json:"description,omitempty"`
	Headers     Headers `json:"headers,omitempty"`
	Content     Content `json:"content,omitempty"`
}

// Headers are the headers of a response in their order.
type Headers []Header

// Header is a reference to a header among the components. What follows a dot in Name
// distinguishes headers of one name.
type Header struct{ Name string }

// MarshalJSON writes an object of references.
func (h Headers) MarshalJSON() ([]byte, error) {
	return encodeOrdered(h, func(h Header) (string, any) {
		name, _, _ := strings.Cut(h.Name, ".")
		return name, Parameter{Ref: headersPath + h.Name}
	})
}

// Content are the forms of a body in their order.
type Content []Media

// Media is one form of a body.
type Media struct {
	Type   string  `json:"-"`
	Schema *Schema `json:"schema"`
}

// MarshalJSON writes an object by media types.
func (c Content) MarshalJSON() ([]byte, error) {
	return encodeOrdered(c, func(m Media) (string, any) { return m.Type, m })
}

// form is a media type with the schema of a body, by that of its row or value.
type form struct {
	media string
	of    func(*Schema) *Schema
}

const (
	jsonForm           = "application/json"
	arrayForm          = "application/vnd.pgrst.array+json"
	objectForm         = "application/vnd.pgrst.object+json"
	strippedArrayForm  = "application/vnd.pgrst.array+json;nulls=stripped"
	strippedObjectForm = "application/vnd.pgrst.object+json;nulls=stripped"
	csvForm            = "text/csv"
)

// The forms of several rows and of one, and of what functions return that is no
// rows of a table.
var (
	rowsForms = []form{
		{jsonForm, list},
		{arrayForm, list},
		{objectForm, one},
		{strippedArrayForm, func(*Schema) *Schema { return list(stripped()) }},
		{strippedObjectForm, func(*Schema) *Schema { return stripped() }},
		{csvForm, func(*Schema) *Schema { return text() }},
	}
	rowForms = []form{
		{jsonForm, one},
		{objectForm, one},
		{strippedObjectForm, func(*Schema) *Schema { return stripped() }},
		{csvForm, func(*Schema) *Schema { return text() }},
	}
	resultsForms = rowsForms[:3]
	resultForms  = []form{{jsonForm, one}, {arrayForm, one}, {objectForm, one}}
)

func one(s *Schema) *Schema { return s }

// stripped is a row without the members that are null.
func stripped() *Schema {
	s := object()
	s.Description = "The members that are not null."
	return s
}

func rows(row *Schema) Content     { return contentOf(rowsForms, row) }
func row(row *Schema) Content      { return contentOf(rowForms, row) }
func results(of *Schema) Content   { return contentOf(resultsForms, of) }
func result(value *Schema) Content { return contentOf(resultForms, value) }

// contentOf returns the forms of a body.
func contentOf(forms []form, s *Schema) Content {
	var c Content
	for _, f := range forms {
		c = append(c, Media{f.media, f.of(s)})
	}
	return c
}

// headers are the headers of answers. Those that are required are in every answer
// that lists them.
var headers = []struct {
	name, description string
	required          bool
}{
	{"Content-Range", "First and last row and the total: `0-24/3573`, with `*` for what is not known.", true},
	{"Content-Range.one", "`0-0/1`, or `*/0` without a result; sent with `Prefer: count=exact`.", false},
	{"Content-Location", "The address of the answer, its query sorted.", true},
	{"Embed-Limit", "The default limits of embeds that were lowered to keep the answer within its rows: `tasks=99, tasks.comments=99`.", false},
	{"ETag", "Version of the row and hash of the answer.", false},
	{"Allow", "The methods of the path.", true},
	{"Idempotent-Replayed", "`true` of an answer that was given before to the same Idempotency-Key.", false},
	{"Link", "The next page, `rel=\"next\"`, where there may be one.", false},
	{"Location", "The row, with `Prefer: return=headers-only`.", false},
	{"Preference-Applied", "The preferences that were honoured.", false},
	{"Retry-After", "Seconds to wait before trying again.", true},
	{"WWW-Authenticate", "How to authenticate.", true},
}

// failure is an error that operations answer with.
type failure struct {
	status      int
	description string
	headers     []string
}

// failures are all of them, sorted by status.
var failures = []failure{
	{300, "A name in select fits several relations; the details list them.", nil},
	{400, "The request cannot be understood, breaks a limit or a rule of its values.", nil},
	{401, "A credential is missing or not valid.", []string{"WWW-Authenticate"}},
	{403, "The caller may not do this.", nil},
	{404, "There is no such row, or none the caller may see.", nil},
	{405, "The filters are not the whole primary key, by eq.", []string{"Allow"}},
	{406, "The answer has no such form; for one object, there was not exactly one row.", nil},
	{409, "A key exists already, a referenced row does not, or another request was faster.", nil},
	{412, "The row has changed since it was read, or is not as the precondition wants it.", nil},
	{413, "The body is too large.", nil},
	{415, "The body is not JSON in UTF-8.", nil},
	{416, "The offset lies beyond the last row.", nil},
	{422, "The Idempotency-Key was given to another request.", nil},
	{429, "Too many answers to Idempotency-Keys of this caller are stored; nothing was done.", []string{"Retry-After"}},
	{503, "The service is temporarily unavailable.", []string{"Retry-After"}},
}

// response returns a failure with a body of the given forms.
func (f *failure) response(body Content) Response {
	r := Response{Description: f.description, Content: body}
	for _, h := range f.headers {
		r.Headers = append(r.Headers, Header{h})
	}
	return r
}

// otherError is the response for errors that an operation does not list.
func otherError(body Content) Response {
	return Response{Description: "Any other error.", Content: body}
}

// failureName is the name of an error among the components.
func failureName(status int) string { return "Error" + strconv.Itoa(status) }

// errorContent are the two forms of an error.
var errorContent = Content{
	{jsonForm, ref("plinth.Error")},
	{"application/problem+json", ref("plinth.Problem")},
}

// errorSchemas describe the bodies of errors.
func errorSchemas() Properties {
	code := text()
	code.Description = "What happened: a code of PostgREST, of PostgreSQL, or one that begins with PL."
	members := Properties{
		{"code", code},
		{"message", text()},
		{"details", &Schema{Description: "More about it, or null."}},
		{"hint", text().Nullable()},
	}
	document := append(Properties{
		{"type", text()}, {"title", text()}, {"status", &Schema{Type: TypeList{"integer"}}}, {"detail", text()},
	}, members...)
	field := &Schema{
		Type:       TypeList{"object"},
		Properties: Properties{{"column", text()}, {"rule", text()}, {"message", text()}},
		Required:   []string{"column", "rule", "message"},
	}
	fields := list(field)
	fields.Description = "With the code PL002, what is wrong with which column or argument."
	document = append(document, Property{"errors", fields}, Property{"request_id", text()})
	return Properties{
		{"plinth.Error", &Schema{Type: TypeList{"object"}, Properties: members, Required: []string{"code", "message", "details", "hint"}}},
		{"plinth.Problem", &Schema{
			Type: TypeList{"object"}, Description: "RFC 9457, for clients that accept it.", Properties: document,
			Required: []string{"type", "title", "status", "detail", "code", "message", "details", "hint"},
		}},
	}
}
