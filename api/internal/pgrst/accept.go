package pgrst

import (
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/httpheader"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// Media is the form of an answer.
type Media uint8

// The forms of an answer. MediaArray is MediaJSON under PostgREST's own name;
// MediaObject is one object, and an error if there is not exactly one row.
const (
	MediaJSON Media = iota
	MediaArray
	MediaObject
	MediaArrayStripped  // without members that are null, as is the next
	MediaObjectStripped //
	MediaCSV
)

// One reports whether the form is of exactly one row.
func (m Media) One() bool { return m == MediaObject || m == MediaObjectStripped }

// StripsNulls reports whether the form leaves out members that are null.
func (m Media) StripsNulls() bool { return m == MediaArrayStripped || m == MediaObjectStripped }

// ContentType returns the value of Content-Type.
func (m Media) ContentType() string {
	switch m {
	case MediaArray:
		return "application/vnd.pgrst.array+json; charset=utf-8"
	case MediaObject:
		return "application/vnd.pgrst.object+json; charset=utf-8"
	case MediaArrayStripped:
		return "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"
	case MediaObjectStripped:
		return "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8"
	case MediaCSV:
		return "text/csv; charset=utf-8"
	}
	return mediaJSONText
}

// NegotiateAccept chooses the media type of an answer from the Accept headers (RFC 9110
// section 12.5.1). It returns the supported type with the greatest weight, the first
// among equals. Without the header it returns MediaJSON.
func NegotiateAccept(header http.Header) (Media, error) {
	lines := header["Accept"]
	if len(lines) == 0 || len(lines) == 1 && (lines[0] == "*/*" || lines[0] == "application/json") {
		return MediaJSON, nil
	}
	if err := headerSize("Accept", lines); err != nil {
		return 0, err
	}
	var chosen Media
	best, asked := 0, false
	for item := range httpheader.Weighted(lines) {
		asked = true
		if m, ok := mediaRange(item.Name, item.Params); ok && item.Weight > best {
			chosen, best = m, item.Weight
		}
	}
	if asked && best == 0 {
		return 0, notAcceptable(lines)
	}
	return chosen, nil
}

// notAcceptable is the error for an Accept header that admits nothing there is.
func notAcceptable(lines []string) error {
	return &problem.Error{
		Code:    problem.NotAcceptable,
		Message: "None of these media types are available: " + shortenHeader(strings.Join(lines, ", ")),
	}
}

// mediaRange reads a media range and its parameters. Those that would change the
// answer are not known, and neither is the range then.
func mediaRange(name, params string) (m Media, ok bool) {
	switch strings.ToLower(name) {
	case "*/*", "application/*", "application/json":
		m = MediaJSON
	case "application/vnd.pgrst.array+json", "application/vnd.pgrst.array":
		m = MediaArray
	case "application/vnd.pgrst.object+json", "application/vnd.pgrst.object":
		m = MediaObject
	case "text/csv":
		m = MediaCSV
	default:
		return 0, false
	}
	for key, value := range httpheader.Params(params) {
		if key == "nulls" {
			if m, ok = m.stripped(value); !ok {
				return 0, false
			}
		}
	}
	return m, true
}

// stripped returns the form with a value of the parameter nulls, which PostgREST's
// own forms have.
func (m Media) stripped(value string) (Media, bool) {
	switch {
	case value != "stripped":
		return 0, false
	case m == MediaArray, m == MediaArrayStripped:
		return MediaArrayStripped, true
	case m == MediaObject, m == MediaObjectStripped:
		return MediaObjectStripped, true
	}
	return 0, false
}

// Plan is the form of an answer that explains a read in place of its rows.
type Plan struct {
	// JSON says that it is a document, else it is text.
	JSON bool

	// For is the form of the answer that is explained.
	For Media
}

// The media types of plans.
const (
	mediaPlan     = "application/vnd.pgrst.plan"
	mediaPlanText = "application/vnd.pgrst.plan+text"
	mediaPlanJSON = "application/vnd.pgrst.plan+json"

	charset = "; charset=utf-8"
)

// ContentType returns the value of Content-Type.
func (p Plan) ContentType() string {
	name := mediaPlanText
	if p.JSON {
		name = mediaPlanJSON
	}
	return name + `; for="` + strings.TrimSuffix(p.For.ContentType(), charset) + `"` + charset
}

// AcceptsPlan reports whether the Accept header asks for a plan and nothing else,
// as clients do. Options are those of PostgreSQL's EXPLAIN; none is known here, so
// that a plan with one is no media type there is.
func AcceptsPlan(header http.Header) (p Plan, ok bool) {
	lines := header["Accept"]
	if len(lines) != 1 || !strings.HasPrefix(lines[0], mediaPlan) {
		return p, false
	}
	item, more := httpheader.Cut(lines[0], ',')
	if more != "" {
		return p, false
	}
	name, params := httpheader.Cut(item, ';')
	switch strings.Trim(name, " \t") {
	case mediaPlan, mediaPlanText:
	case mediaPlanJSON:
		p.JSON = true
	default:
		return p, false
	}
	for key, value := range httpheader.Params(params) {
		switch key {
		case "for":
			form, its := httpheader.Cut(strings.Trim(value, `"`), ';')
			media, known := mediaRange(strings.Trim(form, " \t"), its)
			if !known {
				return p, false
			}
			p.For = media
		case "options":
			if value != "" {
				return p, false
			}
		}
	}
	return p, true
}

// Reads reports whether a method changes nothing.
func Reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// schema is the one schema there is on the wire.
const schema = "public"

// Profile reads the schema a request chooses: Accept-Profile of GET and HEAD,
// Content-Profile of the other methods. The name it returns belongs into
// Content-Profile of the answer; it is empty if the request has not chosen.
func Profile(method string, header http.Header) (string, error) {
	name := "Content-Profile"
	if Reads(method) {
		name = "Accept-Profile"
	}
	lines := header[name]
	if len(lines) == 0 {
		return "", nil
	}
	if len(lines) == 1 && strings.Trim(lines[0], " \t") == schema {
		return schema, nil
	}
	return "", &problem.Error{
		Code:    problem.UnknownSchema,
		Message: "Invalid schema: " + shortenHeader(strings.Join(lines, ", ")),
		Hint:    "Only the following schemas are exposed: " + schema,
	}
}
