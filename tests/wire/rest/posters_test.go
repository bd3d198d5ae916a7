package rest_test

import (
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// Poster is for everybody to see.
type Poster struct {
	bun.BaseModel `bun:"table:posters"`
	ID            int64  `bun:",pk,autoincrement"`
	Text          string `bun:",notnull"`
}

// posters is the part that shared caches may keep.
func posters() part {
	return part{
		models: []any{Poster{}},
		exposed: func(*store.DB) []api.Exposed {
			return []api.Exposed{api.Resource[Poster]{Policy: api.Policy{Read: api.Anyone()}, SharedMaxAge: time.Minute}}
		},
		fill: func(tb testing.TB, db *store.DB) {
			tb.Helper()
			insert(tb, db, &Poster{Text: "Sale"})
		},
	}
}
