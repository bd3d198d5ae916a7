package pgrst

import (
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/httpfield"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// The media types of the document that describes an API.
const (
	mediaOpenAPI = "application/openapi+json; charset=utf-8"
	mediaJSON    = "application/json; charset=utf-8"
)

// NegotiateOpenAPI chooses the media type of the OpenAPI document from the Accept
// headers: application/json for a client that names it and nothing better, else
// the document's own.
func NegotiateOpenAPI(header http.Header) (contentType string, err error) {
	lines := header["Accept"]
	if err := headerSize("Accept", lines); err != nil {
		return "", err
	}
	best, asked := 0.0, false
	for _, line := range lines {
		for line != "" {
			var item string
			item, line = httpfield.Cut(line, ',')
			name, params := httpfield.Cut(item, ';')
			if name = strings.ToLower(strings.Trim(name, " \t")); name == "" {
				continue
			}
			asked = true
			if media := documentMedia(name); media != "" && weightOf(params) > best {
				contentType, best = media, weightOf(params)
			}
		}
	}
	switch {
	case !asked:
		return mediaOpenAPI, nil
	case best == 0:
		return "", &Error{
			Code: problem.NotAcceptable, Message: "None of these media types are available: " + shortenHeader(strings.Join(lines, ", ")),
		}
	}
	return contentType, nil
}

// documentMedia returns the media type that a range stands for, or "".
func documentMedia(name string) string {
	switch name {
	case "application/json":
		return mediaJSON
	case "application/openapi+json", "application/*", "*/*":
		return mediaOpenAPI
	}
	return ""
}

// weightOf reads the weight among the parameters of a media range, 0 where it is
// none.
func weightOf(params string) float64 {
	for key, value := range mediaParams(params) {
		if key != "q" {
			continue
		}
		if weight, ok := parseWeight(value); ok {
			return weight
		}
		return 0
	}
	return 1
}
