package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// Sheet has a large text beside a number.
type Sheet struct {
	bun.BaseModel `bun:"table:sheets"`
	ID            int64  `bun:",pk"`
	N             int64  `bun:",notnull"`
	Text          string `bun:",notnull"`
}

// TestLogLimitOfBatch sends ten steps that each change every row: a request of 700 bytes
// adds to the change log as much as the limit, not 20 MiB a step.
func TestLogLimitOfBatch(t *testing.T) {
	t.Parallel()
	// The race detector makes the steps slower than the times that one caller has.
	enginesWith(t, sqlite.Options{WriterTimeout: -1}, func(t *testing.T, db *store.DB) {
		anyone := api.Anyone()
		h := serve(t, db, api.Config{Limits: api.Limits{StatementAnonymous: time.Minute}}, api.Resource[Sheet]{Policy: api.Policy{Read: anyone, Update: anyone}})
		text := strings.Repeat("x", 20<<10)
		for id := range int64(200) {
			if err := store.For[Sheet](db).Insert(t.Context(), &Sheet{ID: id, Text: text}); err != nil {
				t.Fatal(err)
			}
		}
		logged := func() (rows, bytes int64) {
			row := db.Bun().DB.QueryRowContext(t.Context(), "select count(*), coalesce(sum(size), 0) from plinth_changes where op = 'update'")
			if err := row.Scan(&rows, &bytes); err != nil {
				t.Fatal(err)
			}
			return rows, bytes
		}
		send := func(steps int) *httptest.ResponseRecorder {
			body := strings.TrimSuffix(strings.Repeat(`{"method":"PATCH","path":"/sheets?id=gte.0","body":{"n":1}},`, steps), ",")
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/-/batch", strings.NewReader("["+body+"]"))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w
		}
		w := send(10)
		if rows, _ := logged(); w.Code != 400 || !strings.Contains(w.Body.String(), "at most 16777216 bytes in the change log for one request") || rows != 0 {
			t.Errorf("ten steps: %d %s, %d changes", w.Code, w.Body, rows)
		}
		w = send(3)
		if rows, bytes := logged(); w.Code != 200 || rows != 600 || bytes > 16<<20 {
			t.Errorf("three steps: %d %s, %d changes of %d bytes", w.Code, w.Body, rows, bytes)
		}
	})
}
