// Command onelist serves one list on SQLite and writes which code ran for it. It has to be
// built with -cover. Its argument is the folder for the counters.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/coverage"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// Note is a table with a public resource.
type Note struct {
	bun.BaseModel `bun:"table:notes"`
	store.Model
	Title string `bun:",notnull"`
}

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, folder string) error {
	app, err := plinth.New(ctx, plinth.Config{DatabaseURL: ":memory:"})
	if err != nil {
		return err
	}
	defer app.DB().Close() // the program ends
	app.Add(api.Resource[Note]{Policy: api.Policy{Read: api.Anyone()}})
	h, err := app.Handler(ctx)
	if err != nil {
		return err
	}
	if err := store.For[Note](app.DB()).Insert(ctx, &Note{Title: "one"}); err != nil {
		return err
	}
	for range 3 { // the first two fill caches
		if err := coverage.ClearCounters(); err != nil {
			return err
		}
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1/rest/v1/notes?title=eq.one&order=created_at.desc&limit=20", http.NoBody)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			return fmt.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if err := coverage.WriteMetaDir(folder); err != nil {
		return err
	}
	return coverage.WriteCountersDir(folder)
}
