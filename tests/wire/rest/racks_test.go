package rest_test

import (
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// Rack has what is compared by what it holds.
type Rack struct {
	bun.BaseModel `bun:"table:racks"`
	ID            int64      `bun:",pk,autoincrement"`
	Labels        []string   `bun:",array,notnull"`
	Meta          store.JSON `bun:",notnull"`
}

// racks is the application of examples about documents and arrays.
func racks() part {
	return part{
		models: []any{Rack{}},
		exposed: func(*store.DB) []api.Exposed {
			return []api.Exposed{api.Resource[Rack]{Policy: api.Policy{Read: api.Anyone()}}}
		},
		fill: func(tb testing.TB, db *store.DB) {
			insert(
				tb, db,
				&Rack{Labels: []string{"old", "rare"}, Meta: `{"room":{"floor":1,"name":"east"},"sizes":[10,20]}`},
				&Rack{Labels: []string{"new"}, Meta: `{"room":{"floor":10,"name":"west"},"sizes":[]}`},
				&Rack{Labels: []string{}, Meta: `{"room":{"floor":9},"open hours":"9-17"}`},
			)
		},
	}
}
