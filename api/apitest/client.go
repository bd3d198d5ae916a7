package apitest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
)

// Client sends requests to a handler, without a network. A Client is a value
// that never changes: its methods return others. It is safe for concurrent use.
type Client struct {
	tb        testing.TB
	handler   http.Handler
	principal *auth.Principal
	header    http.Header
}

// New returns a client of a handler. Its requests carry no credential.
func New(tb testing.TB, handler http.Handler) Client {
	return Client{tb: tb, handler: handler, header: http.Header{}}
}

// As returns a client that sends requests as p, as if a middleware had authenticated
// them. If the handler authenticates requests itself, use With and a token.
func (c Client) As(p auth.Principal) Client {
	c.principal = &p
	return c
}

// With returns a client that sends one more header line.
func (c Client) With(name, value string) Client {
	c.header = c.header.Clone()
	c.header.Add(name, value)
	return c
}

// Get sends a GET request.
func (c Client) Get(target string) *Response { return c.Do(http.MethodGet, target, nil) }

// Head sends a HEAD request.
func (c Client) Head(target string) *Response { return c.Do(http.MethodHead, target, nil) }

// Post sends a POST request; see [Client.Do] for the body.
func (c Client) Post(target string, body any) *Response {
	return c.Do(http.MethodPost, target, body)
}

// Patch sends a PATCH request; see [Client.Do] for the body.
func (c Client) Patch(target string, body any) *Response {
	return c.Do(http.MethodPatch, target, body)
}

// Delete sends a DELETE request.
func (c Client) Delete(target string) *Response { return c.Do(http.MethodDelete, target, nil) }

// Do sends a request. The target is a path with its query, sent as it stands. A
// string or []byte is the body as it stands, nil is no body, and any other value
// is encoded as JSON. A body is application/json unless With said otherwise.
func (c Client) Do(method, target string, body any) *Response {
	c.tb.Helper()
	r := c.request(method, target, body)
	if c.principal != nil {
		r = r.WithContext(auth.WithPrincipal(r.Context(), *c.principal))
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return &Response{Status: w.Code, Header: w.Result().Header, Body: w.Body.String(), tb: c.tb, asked: method + " " + target}
}

func (c Client) request(method, target string, body any) *http.Request {
	c.tb.Helper()
	content := c.content(body)
	path, query, _ := strings.Cut(target, "?")
	plain, err := url.PathUnescape(path)
	if err != nil {
		plain = path
	}
	r := &http.Request{
		Method: method, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		URL:        &url.URL{Path: plain, RawPath: path, RawQuery: query},
		RequestURI: target, Host: "localhost", RemoteAddr: "192.0.2.1:1234",
		Header: c.header.Clone(), Body: http.NoBody,
	}
	if body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
		if r.Header["Content-Type"] == nil {
			r.Header.Set("Content-Type", "application/json")
		}
	}
	return r.WithContext(c.tb.Context())
}

func (c Client) content(body any) []byte {
	c.tb.Helper()
	switch body := body.(type) {
	case nil:
		return nil
	case string:
		return []byte(body)
	case []byte:
		return body
	}
	content, err := json.Marshal(body)
	if err != nil {
		c.tb.Fatalf("apitest: encode the body: %v", err)
	}
	return content
}
