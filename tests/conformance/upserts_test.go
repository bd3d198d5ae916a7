package conformance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// stock has a key of the client, another unique key and a version.
type stock struct {
	bun.BaseModel `bun:"table:stock"`
	ID            int64   `bun:",pk"`
	SKU           string  `bun:"sku,notnull,unique"`
	Amount        int64   `bun:",notnull,default:7"`
	Note          *string //
	Origin        string  `bun:",notnull" plinth:"createonly"`
	OwnerID       string  `bun:",notnull"`
}

func testUpserts(t *testing.T, db *store.DB) {
	g := gateOf[stock](db)
	if _, err := post(t, g, `[{"id":1,"sku":"a","amount":1,"origin":"x"},{"id":2,"sku":"b","amount":2,"origin":"x"}]`, nil); err != nil {
		t.Fatal(err)
	}
	logged(t, db)
	ret := &query.Query{Select: columns("id", "sku", "amount", "note", "origin")}
	row := func(id int, sku string, amount int, note, origin string) string {
		return fmt.Sprintf(`{"id":%d,"sku":%q,"amount":%d,"note":%s,"origin":%q}`, id, sku, amount, note, origin)
	}
	for _, tt := range []struct {
		name, body string
		opts       query.UpsertOptions
		want       string // rows, or the code of an error
		inserted   int
	}{
		{"new", `{"id":3,"sku":"c"}`, query.UpsertOptions{}, row(3, "c", 7, "null", ""), 1},
		{"given columns only", `{"id":1,"sku":"a","note":"n"}`, query.UpsertOptions{}, row(1, "a", 1, `"n"`, "x"), 0},
		{"null is given", `{"id":1,"sku":"a","note":null}`, query.UpsertOptions{}, row(1, "a", 1, "null", "x"), 0},
		{"createonly is not written over", `{"id":1,"sku":"a","origin":"y"}`, query.UpsertOptions{}, row(1, "a", 1, "null", "x"), 0},
		{"by a unique key", `{"id":99,"sku":"b","amount":5}`, query.UpsertOptions{Conflict: []string{"sku"}}, row(2, "b", 5, "null", "x"), 0},
		{"another key is taken", `{"id":4,"sku":"a"}`, query.UpsertOptions{}, "23505", 0},
		{"no key at all", `{"id":4,"sku":"d"}`, query.UpsertOptions{Conflict: []string{"amount"}}, "42P10", 0},
		{"unknown column", `{"id":4,"sku":"d"}`, query.UpsertOptions{Conflict: []string{"nope"}}, "42703", 0},
		{"twice in one", `[{"id":5,"sku":"e"},{"id":5,"sku":"e"}]`, query.UpsertOptions{}, "21000", 0},
		{"ignore", `{"id":1,"sku":"a","amount":50}`, query.UpsertOptions{Ignore: true}, "", 0},
		{
			"ignore in bulk", `[{"id":1,"sku":"a","amount":50},{"id":6,"sku":"f","amount":6},{"id":6,"sku":"f","amount":7}]`,
			query.UpsertOptions{Ignore: true},
			row(6, "f", 6, "null", ""), 1,
		},
		{
			"bulk", `[{"id":7,"sku":"g","amount":1},{"id":1,"sku":"a","amount":2},{"id":8,"sku":"h","amount":3}]`,
			query.UpsertOptions{},
			row(7, "g", 1, "null", "") + "," + row(1, "a", 2, "null", "x") + "," + row(8, "h", 3, "null", ""), 2,
		},
	} {
		tt.opts.Return = ret
		got, inserted, err := upsert(t, g, tt.body, tt.opts)
		if code := tt.want; len(code) == 5 && !strings.HasPrefix(code, "{") {
			wantCode(t, tt.name, err, code)
			continue
		}
		if err != nil || got != "["+tt.want+"]" || inserted != tt.inserted {
			t.Errorf("%s\n got %s, %d new, %v\nwant [%s], %d new", tt.name, got, inserted, err, tt.want, tt.inserted)
		}
	}
	if lines := logged(t, db); len(lines) != 9 || !strings.HasPrefix(lines[0], "stock insert [3] - -> ") ||
		!strings.HasPrefix(lines[1], `stock update [1] {"id":1,"sku":"a","amount":1,"note":null,"origin":"x"`) {
		t.Errorf("change log of nine writes: %s", strings.Join(lines, "\n"))
	}
	testGuardedUpserts(t, db)
	testBulkUpsert(t, db)
}

// testGuardedUpserts writes over rows of others.
func testGuardedUpserts(t *testing.T, db *store.DB) {
	t.Helper()
	insert(t, db, &stock{ID: 20, SKU: "mine", OwnerID: "ann"}, &stock{ID: 21, SKU: "hers", OwnerID: "bob"},
		&stock{ID: 22, SKU: "open", OwnerID: "bob", Amount: 999})
	table := db.Table(stock{})
	own := store.Compare("owner_id", query.OpEq, store.Var("principal.id"))
	guard := guardFor(t, table, store.Guard{
		Read: store.Or(own, store.Compare("amount", query.OpGt, 900)), Create: own, Update: own, UpdateCheck: store.Compare("amount", query.OpLt, 100),
	})
	guard.Presets = []query.Preset{{Column: table.Column("owner_id"), Var: "principal.id"}}
	g := scopedGate[stock](db, scopeOf("ann", "", &tableGuard{table, guard}))
	logged(t, db)
	for _, tt := range []struct{ name, body, code string }{
		{"own", `{"id":20,"sku":"mine","amount":3}`, ""},
		{"hidden row of another", `{"id":21,"sku":"hers","amount":3}`, "23505"},
		{"visible row of another", `{"id":22,"sku":"open","amount":3}`, "23505"},
		{"hidden row by unique key", `{"id":50,"sku":"hers"}`, "23505"},
		{"result out of bounds", `{"id":20,"sku":"mine","amount":300}`, "42501"},
		{"one of many", `[{"id":51,"sku":"new"},{"id":21,"sku":"hers"}]`, "23505"},
		{"forged owner", `{"id":52,"sku":"new","owner_id":"bob"}`, "42501"},
		{"new", `{"id":53,"sku":"new"}`, ""},
	} {
		_, _, err := upsert(t, g, tt.body, query.UpsertOptions{})
		if tt.code == "" && err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if tt.code != "" {
			wantCode(t, tt.name, err, tt.code)
		}
	}
	if lines := logged(t, db); len(lines) != 2 {
		t.Errorf("change log of two writes: %s", strings.Join(lines, "\n"))
	}
	wantRead(t, gateOf[stock](db), query.Query{Select: columns("id", "amount", "owner_id"), Where: store.Compare("id", query.OpGte, 20)},
		`[{"id":20,"amount":3,"owner_id":"ann"},{"id":21,"amount":0,"owner_id":"bob"},`+
			`{"id":22,"amount":999,"owner_id":"bob"},{"id":53,"amount":7,"owner_id":"ann"}]`)
}

// testBulkUpsert writes 1,000 rows of which half exist.
func testBulkUpsert(t *testing.T, db *store.DB) {
	t.Helper()
	g := gateOf[stock](db)
	body := func(n, amount int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,{"id":%d,"sku":"bulk%d","amount":%d}`, 1000+i, i, amount)
		}
		return "[" + b.String()[1:] + "]"
	}
	if _, err := post(t, g, body(500, 1), nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		logged(t, db)
		_, inserted, err := upsert(t, g, body(1000, 2), query.UpsertOptions{})
		if err != nil || inserted != 500 && inserted != 0 {
			t.Fatalf("%d new rows, %v", inserted, err)
		}
		if lines := logged(t, db); len(lines) != 1000 {
			t.Errorf("%d changes of 1,000 rows", len(lines))
		}
	}
	if n := value(store.For[stock](db).Count(t.Context(), store.Eq("amount", 2)))(t); n < 1000 {
		t.Errorf("%d rows have the new amount", n)
	}
}
