package pgrst

import (
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/httpheader"
)

// The media types of the document that describes an API.
const (
	mediaOpenAPI  = "application/openapi+json; charset=utf-8"
	mediaJSONText = "application/json; charset=utf-8"
)

// NegotiateOpenAPI chooses the media type of the OpenAPI document from the Accept
// headers: application/json for a client that names it and nothing better, else
// the document's own.
func NegotiateOpenAPI(header http.Header) (contentType string, err error) {
	lines := header["Accept"]
	if err := headerSize("Accept", lines); err != nil {
		return "", err
	}
	best, asked := 0, false
	for item := range httpheader.Weighted(lines) {
		asked = true
		if media := documentMedia(strings.ToLower(item.Name)); media != "" && item.Weight > best {
			contentType, best = media, item.Weight
		}
	}
	switch {
	case !asked:
		return mediaOpenAPI, nil
	case best == 0:
		return "", notAcceptable(lines)
	}
	return contentType, nil
}

// documentMedia returns the media type that a range stands for, or "".
func documentMedia(name string) string {
	switch name {
	case "application/json":
		return mediaJSONText
	case "application/openapi+json", "application/*", "*/*":
		return mediaOpenAPI
	}
	return ""
}
