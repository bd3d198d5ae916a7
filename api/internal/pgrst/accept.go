package pgrst

import (
	"iter"
	"net/http"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/httpfield"
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
	return "application/json; charset=utf-8"
}

// NegotiateAccept chooses the form of an answer from the Accept headers (RFC
// 9110 section 12.5.1): of the forms that are known the one with the greatest
// weight, the first of equals. Without the header it is MediaJSON.
func NegotiateAccept(header http.Header) (Media, error) {
	lines := header["Accept"]
	if len(lines) == 0 || len(lines) == 1 && (lines[0] == "*/*" || lines[0] == "application/json") {
		return MediaJSON, nil
	}
	if err := headerSize("Accept", lines); err != nil {
		return 0, err
	}
	var chosen Media
	best, asked := 0.0, false
	for _, line := range lines {
		for line != "" {
			var item string
			item, line = httpfield.Cut(line, ',')
			if strings.Trim(item, " \t") == "" {
				continue
			}
			asked = true
			if m, weight, ok := mediaRange(item); ok && weight > best {
				chosen, best = m, weight
			}
		}
	}
	if asked && best == 0 {
		return 0, &Error{
			Code:    problem.NotAcceptable,
			Message: "None of these media types are available: " + shortenHeader(strings.Join(lines, ", ")),
		}
	}
	return chosen, nil
}

// mediaRange reads one item of an Accept header. Parameters that would change
// the answer are not known, and neither is the item then.
func mediaRange(item string) (m Media, weight float64, ok bool) {
	name, params := httpfield.Cut(item, ';')
	switch strings.ToLower(strings.Trim(name, " \t")) {
	case "*/*", "application/*", "application/json":
		m = MediaJSON
	case "application/vnd.pgrst.array+json", "application/vnd.pgrst.array":
		m = MediaArray
	case "application/vnd.pgrst.object+json", "application/vnd.pgrst.object":
		m = MediaObject
	case "text/csv":
		m = MediaCSV
	default:
		return 0, 0, false
	}
	weight = 1
	for key, value := range mediaParams(params) {
		switch key {
		case "q":
			if weight, ok = parseWeight(value); !ok {
				return 0, 0, false
			}
		case "nulls":
			if m, ok = m.stripped(value); !ok {
				return 0, 0, false
			}
		}
	}
	return m, weight, true
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

// mediaParams yields the parameters behind a media type, their names in lower case.
func mediaParams(params string) iter.Seq2[string, string] {
	return func(yield func(key, value string) bool) {
		for params := params; params != ""; {
			var param string
			param, params = httpfield.Cut(params, ';')
			key, value, _ := strings.Cut(param, "=")
			if !yield(strings.ToLower(strings.Trim(key, " \t")), strings.Trim(value, " \t")) {
				return
			}
		}
	}
}

// parseWeight reads a weight (RFC 9110 section 12.4.2).
func parseWeight(text string) (weight float64, ok bool) {
	weight, err := strconv.ParseFloat(text, 64)
	return weight, err == nil && 0 <= weight && weight <= 1
}
