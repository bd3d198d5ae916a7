package pgrst

import (
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/httpheader"
)

// Plan is the form of an answer that explains a read in place of its rows.
type Plan struct {
	// JSON says that it is a document, else it is text.
	JSON bool

	// For is the form of the answer that is explained.
	For Media
}

// The media types of plans.
const (
	mediaPlan     = "application/vnd.pgrst.plan"
	mediaPlanText = "application/vnd.pgrst.plan+text"
	mediaPlanJSON = "application/vnd.pgrst.plan+json"

	charset = "; charset=utf-8"
)

// ContentType returns the value of Content-Type.
func (p Plan) ContentType() string {
	name := mediaPlanText
	if p.JSON {
		name = mediaPlanJSON
	}
	return name + `; for="` + strings.TrimSuffix(p.For.ContentType(), charset) + `"` + charset
}

// AcceptsPlan reports whether the Accept header asks for a plan and nothing else,
// as clients do. Options are those of PostgreSQL's EXPLAIN; none is known here, so
// that a plan with one is no media type there is.
func AcceptsPlan(header http.Header) (p Plan, ok bool) {
	lines := header["Accept"]
	if len(lines) != 1 || !strings.HasPrefix(lines[0], mediaPlan) {
		return p, false
	}
	item, more := httpheader.Cut(lines[0], ',')
	if more != "" {
		return p, false
	}
	name, params := httpheader.Cut(item, ';')
	switch strings.Trim(name, " \t") {
	case mediaPlan, mediaPlanText:
	case mediaPlanJSON:
		p.JSON = true
	default:
		return p, false
	}
	for key, value := range httpheader.Params(params) {
		switch key {
		case "for":
			form, its := httpheader.Cut(strings.Trim(value, `"`), ';')
			media, known := mediaRange(strings.Trim(form, " \t"), its)
			if !known {
				return p, false
			}
			p.For = media
		case "options":
			if value != "" {
				return p, false
			}
		}
	}
	return p, true
}
