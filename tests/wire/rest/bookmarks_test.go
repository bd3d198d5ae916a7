package rest_test

import (
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// Bookmark belongs to a reader, and is marked when it is deleted.
type Bookmark struct {
	bun.BaseModel `bun:"table:bookmarks"`
	store.SoftDelete
	ID       int64    `bun:",pk,autoincrement"`
	ReaderID store.ID `bun:",notnull"`
	Page     int64    `bun:",notnull"`
}

// bookmarks is the part with soft delete. Number 2 is deleted.
func bookmarks() part {
	return part{
		models: []any{Bookmark{}},
		exposed: func(*store.DB) []api.Exposed {
			return []api.Exposed{api.Resource[Bookmark]{Policy: api.OwnedBy("reader_id")}}
		},
		fill: func(tb testing.TB, db *store.DB) {
			tb.Helper()
			insert(tb, db, &Bookmark{ReaderID: ann, Page: 3}, &Bookmark{ReaderID: ann, Page: 7})
			if err := store.For[Bookmark](db).Delete(tb.Context(), int64(2)); err != nil {
				tb.Fatal(err)
			}
		},
	}
}
