// Package swagger holds the page that shows an OpenAPI document to people:
// Swagger UI, embedded, so that it works without a network. Its files are made by
// generate.sh from the npm package swagger-ui-dist, which is under the Apache
// License 2.0; the texts of its licenses are among the files.
//
// The page asks no other server for anything and runs no inline script, which
// [Policy] enforces. It reads the document at openapi.json beside it, and again
// after a login or a change of key or token, so that it shows what that caller may
// do. Where the document has the operation auth.token, the page has a form to log in.
package swagger

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
)

//go:generate bash generate.sh

// Version is the release of Swagger UI.
const Version = "5.35.0"

// Policy is the Content-Security-Policy of the page (W3C CSP Level 3). Styles are
// set by script, images stand in the style sheet.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

var (
	//go:embed page.html
	page []byte
	//go:embed start.js
	start []byte
	//go:embed assets/swagger-ui.css.gz
	css []byte
	//go:embed assets/swagger-ui-bundle.js.gz
	bundle []byte
	//go:embed assets/licenses.txt.gz
	licenses []byte
)

// File is one of the files of the page.
type File struct {
	// Name is the path below the address of the page, which must not end with
	// a slash; empty for the page itself.
	Name string

	// ContentType is the value of Content-Type.
	ContentType string

	body       []byte
	compressed bool
}

// Files returns the page and what it loads.
func Files() []File {
	return []File{
		{"", "text/html; charset=utf-8", page, false},
		{"start.js", "text/javascript; charset=utf-8", start, false},
		{"swagger-ui.css", "text/css; charset=utf-8", css, true},
		{"swagger-ui-bundle.js", "text/javascript; charset=utf-8", bundle, true},
		{"licenses.txt", "text/plain; charset=utf-8", licenses, true},
	}
}

// Body returns the file for a client that takes gzip or not, and whether it is
// compressed. What it returns must not be changed.
func (f File) Body(acceptsGzip bool) (body []byte, compressed bool, err error) {
	if !f.compressed || acceptsGzip {
		return f.body, f.compressed, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(f.body))
	if err != nil {
		return nil, false, err
	}
	body, err = io.ReadAll(r)
	return body, false, err
}
