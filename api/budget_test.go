package api_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// shelf, box and item are three levels of rows: 4 shelves, 4 boxes on each, 4 items
// in each.
type shelf struct {
	bun.BaseModel `bun:"table:shelves"`
	store.Untracked
	ID    int64  `bun:",pk"`
	Name  string `bun:",notnull"`
	Boxes []*box `bun:"rel:has-many,join:id=shelf_id"`
}

type box struct {
	bun.BaseModel `bun:"table:boxes"`
	store.Untracked
	ID      int64   `bun:",pk"`
	ShelfID int64   `bun:",notnull"`
	Weight  float64 `bun:",notnull"`
	Shelf   *shelf  `bun:"rel:belongs-to,join:shelf_id=id"`
	Items   []*item `bun:"rel:has-many,join:id=box_id"`
}

type item struct {
	bun.BaseModel `bun:"table:items"`
	store.Untracked
	ID    int64          `bun:",pk"`
	BoxID int64          `bun:",notnull"`
	Notes map[string]any `bun:",notnull,type:jsonb"`
	Box   *box           `bun:"rel:belongs-to,join:box_id=id"`
}

// shelves serves the three tables with limits and fills them.
func shelves(t *testing.T, db *store.DB, limits api.Limits) http.Handler {
	t.Helper()
	open := api.Policy{Read: api.Anyone(), Create: api.Anyone(), Update: api.Anyone()}
	h := serve(t, db, api.Config{Limits: limits}, api.Resource[shelf]{Policy: open}, api.Resource[box]{Policy: open}, api.Resource[item]{Policy: open})
	var shelves, boxes, items []string
	for s := range 4 {
		shelves = append(shelves, fmt.Sprintf(`{"id":%d,"name":"s%d"}`, s, s))
		for b := range 4 {
			boxes = append(boxes, fmt.Sprintf(`{"id":%d,"shelf_id":%d,"weight":1.5}`, 10*s+b, s))
			for i := range 4 {
				items = append(items, fmt.Sprintf(`{"id":%d,"box_id":%d,"notes":{"n":%d}}`, 100*s+10*b+i, 10*s+b, i))
			}
		}
	}
	for _, table := range []struct {
		name string
		rows []string
	}{{"shelves", shelves}, {"boxes", boxes}, {"items", items}} {
		for some := range slices.Chunk(table.rows, 10) {
			must(t, h, http.StatusCreated, request{line: "POST /" + table.name, body: "[" + strings.Join(some, ",") + "]"})
		}
	}
	return h
}

// TestAnswerRows asks for answers at and beyond the limit of rows on all levels.
func TestAnswerRows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		line, header string
		status       int
		cut          string // Embed-Limit
		rows         int    // objects in the answer
		body         string // a part of it
	}{
		{line: "GET /shelves?select=id,boxes(id)", status: 200, rows: 20},
		{line: "GET /shelves?select=name,boxes(weight,items(notes))&id=eq.1", status: 200, rows: 37, body: `[{"name":"s1","boxes":[{"weight":1.5,"items":[{"notes":{"n":0}},{"notes":{"n":1}}`},
		{line: "GET /shelves?select=id,boxes(id,items(id))&id=eq.1", status: 200, rows: 21},
		{line: "GET /shelves?select=id,boxes(id,items(id))&id=lt.2", status: 200, cut: "boxes=3, boxes.items=3", rows: 2 + 6 + 18},
		{line: "GET /shelves?select=id,a:boxes(id,b:items(id))&id=lt.2", status: 200, cut: "a=3, a.b=3", rows: 26},
		{line: "GET /shelves?select=id,boxes(id,items(id))&boxes.limit=1&id=lt.2", status: 200, rows: 2 + 2 + 8},
		{line: "GET /shelves?select=id,boxes(id,items(id))&boxes.limit=4&id=lt.2", status: 200, cut: "boxes.items=2", rows: 2 + 8 + 16},
		{line: "GET /shelves?select=id,boxes(id,items(id))&boxes.limit=4&boxes.items.limit=4&id=lt.2", status: 400, body: "boxes.items.limit=4"},
		{line: "GET /shelves?select=id,boxes(id,items(id))&boxes.limit=10&boxes.items.limit=4&limit=1", status: 200, rows: 21},
		{line: "GET /shelves?select=id,boxes!inner(id,items(id))&boxes.id=lt.10", status: 200, rows: 1 + 4 + 16},
		{line: "GET /shelves?select=id,boxes(items(count()))&id=lt.3", status: 200, rows: 3 + 12 + 12},
		{line: "GET /shelves?select=id,boxes(id,items(id))&limit=1&offset=1", status: 200, rows: 21},
		{line: "GET /shelves?select=id,boxes(id,items(id))&limit=1", header: "Prefer: count=exact", status: 206, rows: 21},
		{line: "GET /boxes?select=id,shelf(id,boxes(id))&id=lt.4", status: 200, rows: 4 + 4 + 16},
		{line: "GET /boxes?select=id,shelf(id,boxes(id))&id=lt.14", status: 200, cut: "shelf.boxes=2", rows: 8 + 8 + 16},
		{line: "GET /boxes?select=id,...shelf(name,boxes(id))&id=lt.4", status: 200, rows: 4 + 16},
		{line: "GET /shelves/1?select=id,boxes(id,items(id,box(items(id))))", status: 200, cut: "boxes=2, boxes.items=2, boxes.items.box.items=2", rows: 1 + 2 + 4 + 4 + 8},
		{line: "PATCH /shelves?id=lt.2&select=id,boxes(id,items(id))", header: "Prefer: return=representation", status: 400, body: "30 rows"},
		{line: "PATCH /shelves?id=lt.1&select=id,boxes(id,items(id))", header: "Prefer: return=representation", status: 200, rows: 21},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		h := shelves(t, db, api.Limits{Rows: 10, AnswerRows: 30})
		for _, tt := range tests {
			r := request{line: tt.line, header: []string{tt.header}}
			if tt.header == "" {
				r.header = nil
			}
			if strings.HasPrefix(tt.line, "PATCH") {
				r.body = `{"name":"new"}`
			}
			res := do(t, h, r)
			if res.status != tt.status || !strings.Contains(res.body, tt.body) {
				t.Errorf("%s: %d %s", tt.line, res.status, res.body)
				continue
			}
			if got := res.header.Get("Embed-Limit"); got != tt.cut {
				t.Errorf("%s: Embed-Limit %q, want %q", tt.line, got, tt.cut)
			}
			if got := strings.Count(res.body, "{"); tt.status < 300 && got != tt.rows {
				t.Errorf("%s: %d objects, want %d: %s", tt.line, got, tt.rows, res.body)
			}
		}
	})
}

// TestCutIsNamed asks for cut answers by a step of a batch, and by a patch that sets nothing.
func TestCutIsNamed(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := shelves(t, db, api.Limits{Rows: 10, AnswerRows: 30})
		step := `[{"method":"GET","path":"/shelves?select=id,boxes(id,items(id))&id=lt.2"}]`
		if res := do(t, h, request{line: "POST /-/batch", body: step}); !strings.Contains(res.body, `"Embed-Limit":"boxes=3, boxes.items=3"`) {
			t.Errorf("batch: %d %s", res.status, res.body)
		}
		patch := request{line: "PATCH /shelves/1?select=id,boxes(id,items(id,box(items(id))))", header: []string{"Prefer: return=representation"}, body: `{}`}
		res := do(t, h, patch)
		if got, want := res.header.Get("Embed-Limit"), "boxes=2, boxes.items=2, boxes.items.box.items=2"; got != want {
			t.Errorf("patch: %d, Embed-Limit %q, want %q: %s", res.status, got, want, res.body)
		}
	})
}

// TestCutIsNotOfAnotherRequest: Embed-Limit has names that a client chose. An answer without
// rows does not repeat that of an earlier request.
func TestCutIsNotOfAnotherRequest(t *testing.T) {
	t.Parallel()
	open := api.Policy{Read: api.Anyone()}
	engines(t, func(t *testing.T, db *store.DB) {
		shelves(t, db, api.Limits{})
		h := serve(t, db, api.Config{Limits: api.Limits{Rows: 10, AnswerRows: 30}},
			api.Resource[shelf]{Policy: open}, api.Resource[box]{Policy: open}, api.Resource[item]{Policy: open},
			api.Func("plain", api.Anyone(), func(context.Context, struct{}) (string, error) { return "", nil }))
		for range 20 {
			if got := do(t, h, request{line: "GET /shelves?select=id,secret:boxes(id,items(id))&id=lt.2"}).header.Get("Embed-Limit"); got == "" {
				t.Fatal("nothing was cut")
			}
			if got := do(t, h, request{line: "POST /rpc/plain", body: "{}"}).header.Get("Embed-Limit"); got != "" {
				t.Fatalf("Embed-Limit of another request: %q", got)
			}
		}
	})
}

// TestMoreRowsThanTheBudget: the row behind the last one, which only shows that there are
// more, is beyond the limit of rows.
func TestMoreRowsThanTheBudget(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := shelves(t, db, api.Limits{Rows: 10, AnswerRows: 50})
		for _, order := range []string{"", "&order=shelf(name).desc"} {
			res := do(t, h, request{line: "GET /boxes?select=id,items(id)" + order})
			if rows := strings.Count(res.body, "{"); res.status != http.StatusPartialContent || rows != 50 || res.header.Get("Embed-Limit") != "" {
				t.Errorf("%s: %d, %d rows, Embed-Limit %q: %.200s", order, res.status, rows, res.header.Get("Embed-Limit"), res.body)
			}
		}
		// The last row alone is larger than a row may be.
		h = serve(t, db, api.Config{Limits: api.Limits{Rows: 3, Answer: 8 << 20}}, api.Resource[shelf]{Policy: api.Policy{Read: api.Anyone()}}, api.Resource[box]{Policy: api.Policy{Read: api.Anyone()}})
		if _, err := store.For[shelf](db).Patch(t.Context(), 3, store.SetTo("name", strings.Repeat("x", 3<<20))); err != nil {
			t.Fatal(err)
		}
		if res := do(t, h, request{line: "GET /shelves?select=name,boxes(id)"}); res.status != http.StatusPartialContent {
			t.Errorf("a large row behind the last one: %d %.200s", res.status, res.body)
		}
	})
}
