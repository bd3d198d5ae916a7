package web

import (
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/query"
)

// Pager is the end of a list: the URL of the next page, or on the last page that of the
// first, unless it is the same.
type Pager struct{ Next, First string }

// After returns the cursor of the page that a request asks for.
func After(r *http.Request) query.Cursor { return query.Cursor(r.URL.Query().Get("after")) }

// NewPager returns the pager of a page that ends at a cursor. The other parameters of the URL
// stay.
func NewPager(r *http.Request, next query.Cursor) Pager {
	values := r.URL.Query()
	later := values.Has("after")
	values.Del("after")
	first := *r.URL
	first.RawQuery = values.Encode()
	var p Pager
	if later {
		p.First = first.RequestURI()
	}
	if next != "" {
		values.Set("after", string(next))
		first.RawQuery = values.Encode()
		p.Next = first.RequestURI()
	}
	return p
}

// Containing returns the pattern of the texts that contain another one.
func Containing(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
}
