package openapi

import "strconv"

// Response is an OpenAPI response, or a reference to one.
type Response struct {
	Ref         string  `json:"$ref,omitempty"`
	Description string  `json:"description,omitempty"`
	Headers     Headers `json:"headers,omitempty"`
	Content     Content `json:"content,omitempty"`
}

// Headers are the headers of a response in their order.
type Headers []Header

// Header is a reference to a header among the components.
type Header struct{ Name string }

// MarshalJSON writes an object of references.
func (h Headers) MarshalJSON() ([]byte, error) {
	return encodeOrdered(h, func(h Header) (string, any) {
		return h.Name, Parameter{Ref: headersPath + h.Name}
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

// forms are the media types rows are sent as.
var forms = []struct {
	media string
	of    func(row *Schema) *Schema
}{
	{"application/json", list},
	{"application/vnd.pgrst.array+json", list},
	{"application/vnd.pgrst.object+json", func(row *Schema) *Schema { return row }},
	{"text/csv", func(*Schema) *Schema { return &Schema{Type: TypeList{"string"}} }},
}

// rows returns the forms of a list of rows.
func rows(row *Schema) Content {
	var c Content
	for _, f := range forms {
		c = append(c, Media{f.media, f.of(row)})
	}
	return c
}

// row returns the forms of one row.
func row(s *Schema) Content {
	return Content{{"application/json", s}, {"application/vnd.pgrst.object+json", s}}
}

// headers are the headers of answers.
var headers = []struct{ name, description string }{
	{"Content-Range", "First and last row and the total: `0-24/3573`, with `*` for what is not known."},
	{"Content-Location", "The address of the answer, its query sorted."},
	{"ETag", "Version of the row and hash of the answer."},
	{"Allow", "The methods of the path."},
	{"Link", "The next page, `rel=\"next\"`, where there may be one."},
	{"Location", "The new row, with `Prefer: return=headers-only`."},
	{"Preference-Applied", "The preferences that were honoured."},
	{"Retry-After", "Seconds to wait before trying again."},
	{"WWW-Authenticate", "How to authenticate."},
}

// failures are the errors operations answer with, by status.
var failures = []struct {
	status      int
	description string
	headers     []string
}{
	{400, "The request cannot be understood, breaks a limit or a rule of its values.", nil},
	{401, "A credential is missing or does not hold.", []string{"WWW-Authenticate"}},
	{403, "The caller may not do this.", nil},
	{404, "There is no such row, or none the caller may see.", nil},
	{405, "The filters are not the whole primary key, by eq.", []string{"Allow"}},
	{406, "The answer has no such form; for one object, there was not exactly one row.", nil},
	{409, "A key exists already, a referenced row does not, or another request was faster.", nil},
	{412, "The row has changed since it was read, or is not as the precondition wants it.", nil},
	{413, "The body is too large.", nil},
	{415, "The body is not JSON in UTF-8.", nil},
	{416, "The offset lies beyond the last row.", nil},
	{503, "The service is temporarily unavailable.", []string{"Retry-After"}},
}

// failureName is the name of an error among the components.
func failureName(status int) string { return "Error" + strconv.Itoa(status) }

// errorContent are the two forms of an error.
var errorContent = Content{
	{"application/json", ref("plinth.Error")},
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
	document = append(document, Property{"request_id", text()})
	return Properties{
		{"plinth.Error", &Schema{Type: TypeList{"object"}, Properties: members, Required: []string{"code", "message", "details", "hint"}}},
		{"plinth.Problem", &Schema{
			Type: TypeList{"object"}, Description: "RFC 9457, for clients that accept it.", Properties: document,
			Required: []string{"type", "title", "status", "detail", "code", "message", "details", "hint"},
		}},
	}
}
