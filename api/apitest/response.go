package apitest

import (
	"encoding/json"
	"net/http"
	"testing"
)

// Response is the answer to a request.
type Response struct {
	Status int
	Header http.Header
	Body   string

	tb    testing.TB
	asked string
}

// Want ends the test unless the answer has the status.
func (r *Response) Want(status int) *Response {
	r.tb.Helper()
	if r.Status != status {
		r.tb.Fatalf("%s: status %d, want %d; body: %s", r.asked, r.Status, status, r.Body)
	}
	return r
}

// WantBody ends the test unless the answer has exactly the body.
func (r *Response) WantBody(body string) *Response {
	r.tb.Helper()
	if r.Body != body {
		r.tb.Fatalf("%s: wrong body\n got %s\nwant %s", r.asked, r.Body, body)
	}
	return r
}

// JSON decodes the body into v, or ends the test.
func (r *Response) JSON(v any) *Response {
	r.tb.Helper()
	if err := json.Unmarshal([]byte(r.Body), v); err != nil {
		r.tb.Fatalf("%s: decode the body: %v; body: %s", r.asked, err, r.Body)
	}
	return r
}

// Code returns the code of an answer with an error, empty if there is none.
func (r *Response) Code() string {
	var problem struct{ Code string }
	if json.Unmarshal([]byte(r.Body), &problem) != nil {
		return ""
	}
	return problem.Code
}
