package openapi

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Route is an operation of an application beside its tables and functions.
type Route struct {
	// Method and Path are the route, with parameters in braces. The path is below
	// Surface.Server.
	Method, Path string

	// ID is the operation's id, unique in the document. Routes of one Tag are shown together.
	ID, Tag, Summary string

	// Description is further text, as Markdown.
	Description string

	// Query and Body are structs of the query parameters and of the members of a JSON body,
	// by their JSON tags and the rule required of their validate tags. Nil means none.
	Query, Body reflect.Type

	// Status is the status of a success, http.StatusOK by default. Answers are the types
	// that its JSON body may have, none for an answer without a body. Text is the media type
	// of a body that is no JSON, such as text/event-stream.
	Status  int
	Answers []reflect.Type
	Text    string

	// Error is the type of the JSON body of every error. Nil means no statement on errors.
	Error reflect.Type
}

// route adds the path of a route.
func (b *builder) route(r *Route) {
	if !slices.ContainsFunc(b.tags, func(t tag) bool { return t.Name == r.Tag }) {
		b.tags = append(b.tags, tag{r.Tag, "Operations beside the REST API."})
	}
	op := operationObject{Tags: []string{r.Tag}, Summary: r.Summary, Description: r.Description, OperationID: r.ID, Responses: b.routeAnswers(r)}
	for part := range strings.SplitSeq(r.Path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			op.Parameters = append(op.Parameters, Parameter{Name: strings.TrimSuffix(name, "}"), In: "path", Required: true, Schema: text()})
		}
	}
	if r.Query != nil {
		for _, p := range queryArguments(b.routeTypes.Input(r.Query)) {
			p.Description = ""
			op.Parameters = append(op.Parameters, p)
		}
	}
	if r.Body != nil {
		body := b.routeTypes.Input(r.Body)
		body.AdditionalProperties = nil
		op.RequestBody = &RequestBody{Required: len(body.Required) > 0, Content: Content{{jsonForm, body}}}
	}
	b.operationAt(r.Path, r.Method, op)
}

func (b *builder) routeAnswers(r *Route) ordered[Response] {
	status := r.Status
	if status == 0 {
		status = http.StatusOK
	}
	done := Response{Description: "Done."}
	var forms []*Schema
	for _, answer := range r.Answers {
		forms = append(forms, b.routeTypes.Output(answer).notNull())
	}
	switch {
	case r.Text != "":
		done.Content = Content{{r.Text, text()}}
	case len(forms) == 1:
		done.Content = Content{{jsonForm, forms[0]}}
	case len(forms) > 1:
		done.Content = Content{{jsonForm, &Schema{AnyOf: forms}}}
	}
	all := ordered[Response]{{strconv.Itoa(status), done}}
	if r.Error != nil {
		failed := Response{Description: "An error.", Content: Content{{jsonForm, b.routeTypes.Output(r.Error)}}}
		all = append(all, entry[Response]{"4XX", failed}, entry[Response]{"default", failed})
	}
	return all
}

// operationAt adds an operation to the path, which may have others.
func (b *builder) operationAt(path, method string, op operationObject) {
	added := entry[operationObject]{strings.ToLower(method), op}
	for i := range b.paths {
		if b.paths[i].name == path {
			b.paths[i].value = append(b.paths[i].value, added)
			return
		}
	}
	b.paths = append(b.paths, entry[ordered[operationObject]]{path, ordered[operationObject]{added}})
}
