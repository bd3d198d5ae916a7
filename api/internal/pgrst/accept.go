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
