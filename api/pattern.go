package api

import (
	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	record "github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

// patterns are what the paths of a resource or function are called in logs and metrics,
// which have one name for all rows.
type patterns struct{ whole, row string }

func newPatterns(path string) patterns { return patterns{whole: path, row: path + "/{id}"} }

// setPattern records the route pattern for logs and metrics of outer middleware. Steps
// of a batch do not record theirs.
func (x *exchange) setPattern() {
	known := record.From(x.r.Context())
	if known == nil || x.step {
		return
	}
	switch {
	case x.function != nil:
		known.SetRoute(x.function.patterns.whole)
	case x.resource != nil && x.path.Shape == pgrst.ShapeRow:
		known.SetRoute(x.resource.patterns.row)
	case x.resource != nil:
		known.SetRoute(x.resource.patterns.whole)
	case x.path.Shape == pgrst.ShapeReserved:
		known.SetRoute(x.s.config.BasePath + "/-/" + x.path.Name)
	default:
		known.SetRoute(x.s.config.BasePath + "/")
	}
}
