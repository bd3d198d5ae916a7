package api

import (
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/api/openapi/swagger"
	"github.com/seed-7694ebf6/plinth/internal/httpfield"
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

// acceptsGzip reports whether a client takes gzip (RFC 9110 section 12.5.3), however
// much it would like another coding.
func acceptsGzip(header http.Header) bool {
	for item := range httpfield.Weighted(header["Accept-Encoding"]) {
		if strings.EqualFold(item.Name, "gzip") && item.Weight > 0 {
			return true
		}
	}
	return false
}
