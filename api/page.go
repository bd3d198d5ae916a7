package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/api/openapi/swagger"
)

// pageRoutes are the ways to the page that shows the document to people, which is
// the same for everybody.
func pageRoutes() []route {
	var all []route
	for _, f := range swagger.Files() {
		serve := func(x *exchange) error { return x.page(f) }
		name := strings.TrimSuffix("docs/"+f.Name, "/")
		all = append(all,
			route{pgrst.ShapeReserved, name, http.MethodGet, nil, serve},
			route{pgrst.ShapeReserved, name, http.MethodHead, nil, serve})
	}
	return all
}

// page answers with a file of the page.
func (x *exchange) page(f swagger.File) error {
	if x.s.config.HideDocuments {
		return errRoot
	}
	body, compressed, err := f.Body(acceptsGzip(x.r.Header))
	if err != nil {
		return err
	}
	x.vary("Accept-Encoding")
	x.set("Cache-Control", "public, no-cache")
	x.set("Content-Security-Policy", swagger.Policy)
	x.set("Referrer-Policy", "no-referrer")
	x.set("X-Content-Type-Options", "nosniff")
	encoding := ""
	if compressed {
		encoding = "gzip"
		x.set("Content-Encoding", encoding)
	}
	return x.sendText(f.ContentType, text{body, textTag(f.ContentType+encoding, body)})
}

// acceptsGzip reports whether a client takes gzip, without looking at weights but
// for a refusal (RFC 9110 section 12.5.3).
func acceptsGzip(header http.Header) bool {
	for _, line := range header["Accept-Encoding"] {
		for item := range strings.SplitSeq(line, ",") {
			fields := strings.FieldsFunc(item, func(r rune) bool { return r == ';' || r == ' ' || r == '\t' })
			if len(fields) > 0 && strings.EqualFold(fields[0], "gzip") && !slices.Contains(fields, "q=0") {
				return true
			}
		}
	}
	return false
}
