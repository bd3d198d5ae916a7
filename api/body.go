package api

import (
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store/access"
)

// The media types of bodies.
const (
	mediaJSON = "application/json"
	mediaCSV  = "text/csv"
	mediaForm = "application/x-www-form-urlencoded"
)

// body reads the body of a write, which has to be JSON in UTF-8.
func (x *exchange) body() ([]byte, error) {
	_, body, err := x.bodyOf(mediaJSON)
	return body, err
}

// bodyOf reads a body of one of some media types, in UTF-8.
func (x *exchange) bodyOf(accepted ...string) (media string, body []byte, err error) {
	if media, err = x.mediaType(accepted); err != nil {
		return "", nil, err
	}
	body, err = x.rawBody()
	switch {
	case err != nil || len(body) > 0:
	case media == mediaJSON:
		err = &problem.Error{Code: problem.BadBody, Message: "Empty or invalid json"}
	default:
		err = &problem.Error{Code: problem.BadBody}
	}
	return media, body, err
}

// rawBody reads the body without parsing it. A body beyond Limits.Body is an error.
func (x *exchange) rawBody() ([]byte, error) {
	limit := x.s.config.Limits.Body
	if x.r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	if n := x.r.ContentLength; n >= 0 && x.r.Body != nil { // net/http gives no more than was announced
		body := make([]byte, n)
		if _, err := io.ReadFull(x.r.Body, body); err != nil {
			return nil, problem.Unread(err)
		}
		return body, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, limit))
	if err != nil {
		return nil, problem.Unread(err)
	}
	return body, nil
}

// mediaType rejects a body of an unexpected media type. Any web page can send plain text
// and forms without a CORS preflight. A form is therefore rejected if the browser reports
// that a page of another origin sent it.
func (rq *request) mediaType(accepted []string) (string, error) {
	if rq.r.Header.Get("Content-Encoding") != "" {
		return "", &problem.Error{Code: problem.MediaType, Message: "The body must not be compressed."}
	}
	lines := rq.r.Header["Content-Type"]
	if len(lines) == 0 && rq.r.ContentLength == 0 {
		return mediaJSON, nil // there is no body, which bodyOf reports
	}
	if len(lines) != 1 {
		return "", wrongMedia(accepted)
	}
	if lines[0] == mediaJSON {
		return mediaJSON, nil
	}
	media, params, err := mime.ParseMediaType(lines[0])
	if err != nil || !slices.Contains(accepted, media) {
		return "", wrongMedia(accepted)
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return "", wrongMedia(accepted)
	}
	switch {
	case media == mediaCSV && strings.EqualFold(params["header"], "absent"):
		return "", &problem.Error{Code: problem.MediaType, Message: "The CSV must have a header."}
	case media == mediaForm && new(http.CrossOriginProtection).Check(rq.r) != nil:
		return "", &problem.Error{Code: problem.MediaType, Message: "A form of another origin is not read.", Hint: "Send application/json."}
	}
	return media, nil
}

func wrongMedia(accepted []string) error {
	return &problem.Error{Code: problem.MediaType, Message: "The body must be " + strings.Join(accepted, " or ") + " in UTF-8."}
}

// newRows reads new rows from a body of JSON or CSV, or one from a form.
func (x *exchange) newRows(gate access.Gate, opts access.InputOptions) (*access.Input, error) {
	media, body, err := x.bodyOf(mediaJSON, mediaCSV, mediaForm)
	if err != nil {
		return nil, err
	}
	switch media {
	case mediaCSV:
		names, rows, err := pgrst.ParseCSV(body, x.s.limits)
		if err != nil {
			return nil, err
		}
		opts.Null = pgrst.NullWord
		return gate.DecodeTexts(names, rows, opts)
	case mediaForm:
		names, values, err := pgrst.ParseForm(string(body), x.s.limits)
		if err != nil {
			return nil, err
		}
		return gate.DecodeTexts(names, func(yield func([]string, error) bool) { yield(values, nil) }, opts)
	}
	return gate.DecodeInput(body, opts)
}
