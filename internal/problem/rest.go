package problem

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// Surface is the dialect an error is written in. The set is closed: a dialect is a
// type of this package.
type Surface interface {
	// render gives the media type and the bytes of the answer, and may add headers.
	render(h http.Header, r *http.Request, v verdict) (mediaType string, body []byte)
}

// REST is the dialect of the REST surface. A client that accepts
// application/problem+json, be it by a range or by sending no Accept at all, gets a
// problem document (RFC 9457) with code, message, details and hint as extension
// members, and errors where there is something to say of single fields. Any other gets exactly those four as application/json, because client
// libraries hand that body on as it is. The weight of a range is only looked at to
// see whether it is zero.
type REST struct{}

// fourMembers is PostgREST's error body; the order of the fields is on the wire.
type fourMembers struct {
	Code    string          `json:"code"`
	Message string          `json:"message"`
	Details json.RawMessage `json:"details"`
	Hint    *string         `json:"hint"`
}

// document is RFC 9457's, with the four as extension members, so that a client
// that only knows those finds them where it looks. Errors is named as in the example of
// a form in RFC 9457 section 3.
type document struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	fourMembers
	Errors    json.RawMessage `json:"errors,omitempty"`
	RequestID string          `json:"request_id,omitempty"`
}

func (REST) render(h http.Header, r *http.Request, v verdict) (mediaType string, body []byte) {
	// Clients of this wire know the name. HEAD has no body, so it gets the code here.
	h.Set("Proxy-Status", "PostgREST; error="+v.code)
	h.Add("Vary", "Accept")

	four := fourMembers{Code: v.code, Message: v.message, Details: v.details}
	if v.hint != "" {
		four.Hint = &v.hint
	}
	if !accepts(r.Header.Values("Accept"), "application", "problem+json") {
		return "application/json; charset=utf-8", encode(four)
	}
	return "application/problem+json; charset=utf-8", encode(document{
		Type:        "about:blank",
		Title:       title(v.status),
		Status:      v.status,
		Detail:      v.message,
		fourMembers: four,
		Errors:      v.fields,
		RequestID:   RequestID(r.Context()),
	})
}

// encode cannot fail: v holds strings, numbers and JSON that was checked.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func quoted(s string) json.RawMessage { return encode(s) }
