package api

import (
	"net/http"
	"strings"
	"sync"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/api/openapi/swagger"
	"github.com/seed-7694ebf6/plinth/internal/httpheader"
)

// pageRoutes are the ways to the page that shows the document to people, which is
// the same for everybody.
func pageRoutes() []route {
	var all []route
	for _, f := range swagger.Files() {
		forms := newPageForms(f)
		serve := func(x *exchange) error { return servePage(x, f, forms) }
		name := strings.TrimSuffix("docs/"+f.Name, "/")
		all = append(all,
			route{pgrst.ShapeReserved, name, http.MethodGet, nil, serve},
			route{pgrst.ShapeReserved, name, http.MethodHead, nil, serve})
	}
	return all
}

// pageForm is a file of the page in one of its forms, which all answers share.
type pageForm struct {
	text
	encoding string
}

// pageForms make the forms of a file when they are asked for first: to unpack the largest takes
// some ten milliseconds.
type pageForms struct{ plain, packed func() (pageForm, error) }

func newPageForms(f swagger.File) pageForms {
	form := func(gzip bool) func() (pageForm, error) {
		return sync.OnceValues(func() (pageForm, error) {
			body, compressed, err := f.Body(gzip)
			encoding := ""
			if compressed {
				encoding = "gzip"
			}
			return pageForm{text{body, textTag(f.ContentType+encoding, body)}, encoding}, err
		})
	}
	return pageForms{form(false), form(true)}
}

// servePage answers with a file of the page.
func servePage(x *exchange, f swagger.File, forms pageForms) error {
	if x.s.config.HideDocuments {
		return errRoot
	}
	find := forms.plain
	if acceptsGzip(x.r.Header) {
		find = forms.packed
	}
	form, err := find()
	if err != nil {
		return err
	}
	x.vary("Accept-Encoding")
	x.set("Cache-Control", "public, no-cache")
	x.set("Content-Security-Policy", swagger.Policy)
	x.set("Referrer-Policy", "no-referrer")
	x.set("X-Content-Type-Options", "nosniff")
	if form.encoding != "" {
		x.set("Content-Encoding", form.encoding)
	}
	return x.sendText(f.ContentType, form.text)
}

// acceptsGzip reports whether a client takes gzip (RFC 9110 section 12.5.3), however
// much it would like another coding.
func acceptsGzip(header http.Header) bool {
	for item := range httpheader.Weighted(header["Accept-Encoding"]) {
		if strings.EqualFold(item.Name, "gzip") && item.Weight > 0 {
			return true
		}
	}
	return false
}
