package openapi

import (
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/catalog"
)

// API is what a document describes: the catalog of one caller, and where it is served. It
// must not be changed while a document is made of it.
type API struct {
	*catalog.Catalog

	// Title and Version name the API. Documents need both.
	Title, Version string

	// Server is the URL that the paths are below, absolute or relative to the document.
	// Prefix begins the paths of tables, functions and batches.
	Server, Prefix string

	// Routes are the routes of the application, in the order of the document.
	Routes []Route
}

// Key returns a text that is equal for two descriptions of one API exactly if their
// documents are.
func (a *API) Key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q\n%s", a.Server, a.Prefix, a.Catalog.Key())
	for i := range a.Routes {
		b.WriteString("route " + a.Routes[i].ID + "\n")
	}
	return b.String()
}
