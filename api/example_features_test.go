package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// Draft is a model that can be searched, and brought back when it was deleted.
type Draft struct {
	bun.BaseModel `bun:"table:drafts"`
	store.SoftDelete
	ID       int64  `bun:",pk,autoincrement"`
	AuthorID string `bun:",notnull"`
	Text     string `bun:",notnull" plinth:"searchable"`
}

// Authors find their drafts by words, delete them and, under a rule of its own,
// bring them back.
func ExamplePolicy_restore() {
	h, end := exampleAPI(func(*store.DB) []api.Exposed {
		policy := api.OwnedBy("author_id")
		policy.Restore = api.Owner("author_id")
		return []api.Exposed{api.Resource[Draft]{Policy: policy}}
	})
	defer end()
	send(h, "ann", "POST", "/drafts", `[{"text":"the harbour at night"},{"text":"a night train"}]`)
	send(h, "ann", "GET", "/drafts?select=id&text=search.night%20harb*", "")
	send(h, "ann", "DELETE", "/drafts?id=eq.1", "")
	send(h, "ann", "GET", "/drafts?select=id&text=search.night", "")
	send(h, "bob", "PATCH", "/drafts?id=eq.1&select=id", `{"deleted_at":null}`)
	send(h, "ann", "GET", "/drafts?select=id&text=search.night", "")
	send(h, "ann", "PATCH", "/drafts?id=eq.1&select=id", `{"deleted_at":null}`)
	send(h, "ann", "GET", "/drafts?select=id&text=search.night", "")
	// Output:
	// 201
	// 200 [{"id":1}]
	// 204
	// 200 [{"id":2}]
	// 204
	// 200 [{"id":2}]
	// 204
	// 200 [{"id":1},{"id":2}]
}

// Groups of the rows a caller may read, by the columns that are selected as they are.
func ExamplePolicy_aggregates() {
	h, end := exampleAPI(func(*store.DB) []api.Exposed {
		return []api.Exposed{api.Resource[Page]{Policy: api.Policy{Read: api.Where(store.Eq("public", true)), Create: api.Anyone()}}}
	})
	defer end()
	send(h, "", "POST", "/pages", `[{"title":"a","public":true,"author_id":"ann"},{"title":"b","public":true,"author_id":"ann"},{"title":"c","public":false,"author_id":"bob"}]`)
	send(h, "", "GET", "/pages?select=author_id,count(),title.max()", "")
	// Output:
	// 201
	// 200 [{"author_id":"ann","count":2,"max":"b"}]
}

// A list that has not changed is answered 304 without a look at the table; shared
// caches may keep what nobody in particular sees.
func ExampleResource_sharedMaxAge() {
	h, end := exampleAPI(func(*store.DB) []api.Exposed {
		return []api.Exposed{api.Resource[Page]{Policy: api.Policy{Read: api.Anyone()}, SharedMaxAge: time.Minute}}
	})
	defer end()
	get := func(etag string) string {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/pages", http.NoBody)
		if etag != "" {
			r.Header.Set("If-None-Match", etag)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header().Get("Cache-Control"))
		return w.Header().Get("ETag")
	}
	get(get(""))
	// Output:
	// 200 public, max-age=0, must-revalidate, s-maxage=60
	// 304 public, max-age=0, must-revalidate, s-maxage=60
}

// In development a read can be asked which rule decides and by which statement it
// would be answered.
func ExampleConfig_explain() {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, ":memory:", nil)
	if err != nil {
		panic(err)
	}
	defer db.Close() // the end of the example
	a, err := api.New(db, api.Config{Explain: true})
	if err != nil {
		panic(err)
	}
	a.Add(api.Resource[Page]{Policy: api.Policy{Read: api.Where(store.Eq("public", true))}})
	h, err := a.Handler()
	if err != nil {
		panic(err)
	}
	if _, err := migrate.Auto(ctx, db); err != nil {
		panic(err)
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/pages?select=title&id=eq.1", http.NoBody)
	r.Header.Set("Accept", "application/vnd.pgrst.plan+text")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(strings.TrimSpace(w.Body.String()))
	// Output:
	// Caller: anonymous
	// Table pages
	//   rule: public = true
	//   rows: public = true
	// Statement
	//   select json_object('title', t0."title"), t0."id" from "pages" t0 where t0."public" = 1 and t0."id" = ?1 order by t0."id" limit 1001
	//   1: integer
	// Plan
	//   SEARCH t0 USING INTEGER PRIMARY KEY (rowid=?)
}
