package api

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/api/internal/pointer"
	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// batchStep is one request of a batch.
type batchStep struct {
	id     string
	method string
	url    *url.URL
	header http.Header
	body   strictjson.Value // Missing where there is none
	binds  []bind
}

// bind puts a value of a step's answer into the body.
type bind struct {
	to   []string // place in the body
	step string
	from []string // place in the answer
}

const (
	maxBinds   = 32 // values that one step takes from others
	maxPointer = 64 // steps to a place in a document, which is no deeper
)

// stepHeaders are the headers that a step may have. Credentials belong to the batch.
var stepHeaders = []string{"Accept", "Accept-Profile", "Content-Profile", "If-Match", "If-None-Match", "Prefer", "Range", "Range-Unit"}

// parseBatch reads the steps of a batch.
func (s *server) parseBatch(body []byte) ([]batchStep, error) {
	doc, err := strictjson.Parse(body, strictjson.Limits{})
	if err != nil {
		return nil, err
	}
	if doc.Kind() != strictjson.Array {
		return nil, &problem.Error{Code: problem.BadBody, Message: "the body must be an array of steps"}
	}
	var steps []batchStep
	known := map[string]bool{}
	for i, v := range doc.Elements() {
		if i == s.config.Limits.Steps {
			return nil, &pgrst.LimitError{Limit: "batch", Max: s.config.Limits.Steps, Unit: "steps"}
		}
		st := batchStep{id: strconv.Itoa(i), header: http.Header{"Accept": {mediaJSON}}}
		err := st.parse(v, s.config.BasePath, known)
		if err == nil && known[st.id] {
			err = badStep("id: another step has the same id")
		}
		if err != nil {
			return nil, &stepError{errtext.Quote(st.id), err}
		}
		known[st.id] = true
		steps = append(steps, st)
	}
	return steps, nil
}

func badStep(format string, args ...any) error {
	return problem.Errorf(problem.BadBody, format, args...)
}

// parse reads a step; known are the ids of those before.
func (st *batchStep) parse(v strictjson.Value, base string, known map[string]bool) error {
	if v.Kind() != strictjson.Object {
		return badStep("a step must be an object")
	}
	for name, member := range v.Members() {
		text, isText := member.Text()
		var err error
		switch string(name) {
		case "id":
			st.id = text
			if text == "" || len(text) > 64 || strings.Contains(text, "#") {
				err = badStep("id: want a text of 1 to 64 characters without #")
			}
		case "method":
			st.method = text
		case "path":
			st.url, err = stepURL(base, text)
		case "headers":
			err = st.parseHeaders(member)
		case "body":
			st.body, isText = member, true
		case "bind":
			err = st.parseBinds(member, known)
		default:
			err = badStep("a step has no member %q", errtext.Quote(string(name)))
		}
		if err != nil {
			return err
		}
		if !isText && slices.Contains([]string{"id", "method", "path"}, string(name)) {
			return badStep("%s: want a text", name)
		}
	}
	switch {
	case !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}, st.method):
		return badStep("method: want GET, HEAD, POST, PUT, PATCH or DELETE")
	case st.url == nil:
		return badStep("path: is required")
	case len(st.binds) > 0 && st.body.Kind() == strictjson.Missing:
		return badStep("bind: there is no body to put a value into")
	case st.body.Kind() != strictjson.Missing:
		st.header.Set("Content-Type", mediaJSON)
	}
	return nil
}

// stepURL reads the path of a step below the base path, with its query string.
func stepURL(base, path string) (*url.URL, error) {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, "#") {
		return nil, badStep("path: want a path below the base path of the API, with its query, such as /orders?select=id")
	}
	u, err := url.ParseRequestURI(base + path)
	if err != nil {
		return nil, badStep("path: is not a URL")
	}
	return u, nil
}

func (st *batchStep) parseHeaders(v strictjson.Value) error {
	if v.Kind() != strictjson.Object {
		return badStep("headers: want an object")
	}
	for name, member := range v.Members() {
		canonical := http.CanonicalHeaderKey(string(name))
		text, isText := member.Text()
		if !isText || strings.ContainsAny(text, "\r\n\x00") {
			return badStep("headers: want texts")
		}
		if !slices.Contains(stepHeaders, canonical) {
			return badStep("headers: a step can only have %s", strings.Join(stepHeaders, ", "))
		}
		st.header.Set(canonical, text)
	}
	return nil
}

func (st *batchStep) parseBinds(v strictjson.Value, known map[string]bool) error {
	if v.Kind() != strictjson.Object {
		return badStep("bind: want an object")
	}
	for name, member := range v.Members() {
		if len(st.binds) == maxBinds {
			return &pgrst.LimitError{Limit: "bind", Max: maxBinds, Unit: "values"}
		}
		text, _ := member.Text()
		id, from, ok := strings.Cut(text, "#")
		if !ok || !known[id] {
			return badStep(`bind: want "step#/pointer" of a step before this one`)
		}
		if max(bytes.Count(name, []byte("/")), strings.Count(from, "/")) > maxPointer { // before one text is made of each
			return &pgrst.LimitError{Limit: "bind", Max: maxPointer, Unit: "steps to a place"}
		}
		b := bind{step: id}
		var err, err2 error
		b.to, err = pointer.Parse(string(name))
		b.from, err2 = pointer.Parse(from)
		if err != nil || err2 != nil {
			return badStep("bind: %v", pointer.ErrSyntax)
		}
		st.binds = append(st.binds, b)
	}
	return nil
}
