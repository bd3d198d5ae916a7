package api

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// body reads the body of a write, which has to be JSON in UTF-8.
func (x *exchange) body() ([]byte, error) {
	if err := x.mediaType(); err != nil {
		return nil, err
	}
	body, err := x.rawBody()
	if err == nil && len(body) == 0 {
		err = &problem.Error{Code: problem.BadBody, Message: "Empty or invalid json"}
	}
	return body, err
}

// rawBody reads the body, whatever it is.
func (x *exchange) rawBody() ([]byte, error) {
	limit := x.s.config.Limits.Body
	if x.r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	var buf bytes.Buffer
	if x.r.ContentLength > 0 {
		buf.Grow(int(x.r.ContentLength) + bytes.MinRead)
	}
	if _, err := io.Copy(&buf, http.MaxBytesReader(x.w, x.r.Body, limit)); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// mediaType refuses a body that is not what it would be read as. A form or plain
// text can be sent by any web page without asking first.
func (x *exchange) mediaType() error {
	refused := &problem.Error{Code: problem.MediaType, Message: "The body must be application/json in UTF-8."}
	if x.r.Header.Get("Content-Encoding") != "" {
		return &problem.Error{Code: problem.MediaType, Message: "The body must not be compressed."}
	}
	lines := x.r.Header["Content-Type"]
	if len(lines) == 0 && x.r.ContentLength == 0 {
		return nil // there is no body, which body reports
	}
	if len(lines) != 1 {
		return refused
	}
	if lines[0] == "application/json" {
		return nil
	}
	media, params, err := mime.ParseMediaType(lines[0])
	if err != nil || media != "application/json" {
		return refused
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return refused
	}
	return nil
}
