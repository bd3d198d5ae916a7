package conformance_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// invoice has a key that clients may give, voucher one that they may not.
type (
	invoice struct {
		bun.BaseModel `bun:"table:invoices"`
		ID            int64  `bun:",pk,autoincrement" plinth:"generated=bydefault"`
		Name          string `bun:",notnull"`
	}
	voucher struct {
		bun.BaseModel `bun:"table:vouchers"`
		ID            int64  `bun:",pk,autoincrement"`
		Name          string `bun:",notnull"`
	}
)

// testGeneratedKeys gives keys, behind which those of the database continue.
func testGeneratedKeys(t *testing.T, db *store.DB) {
	table := db.Table(invoice{})
	g := scopedGate[invoice](db, scopeOf("ann", "", open(t, table)))
	id := &query.Query{Select: columns("id")}
	for _, tt := range []struct{ body, want string }{
		{`{"name":"made"}`, `[{"id":1}]`},
		{`{"id":5,"name":"given"}`, `[{"id":5}]`},
		{`{"name":"made"}`, `[{"id":6}]`},
		{`{"id":3,"name":"a gap"}`, `[{"id":3}]`},
		{`{"id":-7,"name":"negative"}`, `[{"id":-7}]`},
		{`{"name":"made"}`, `[{"id":7}]`},
		{`[{"id":20,"name":"bulk"},{"id":9,"name":"bulk"}]`, `[{"id":20},{"id":9}]`},
		{`{"name":"made"}`, `[{"id":21}]`},
		{`{"id":50000,"name":"far"}`, `[{"id":50000}]`},
		{`[{"name":"made"},{"name":"made"}]`, `[{"id":50001},{"id":50002}]`},
		{`{"id":9007199254740991,"name":"the greatest"}`, `[{"id":9007199254740991}]`},
		{`{"name":"made"}`, `[{"id":9007199254740992}]`},
	} {
		if got, err := post(t, g, tt.body, id); err != nil || got != tt.want {
			t.Errorf("%s: %s, %v, want %s", tt.body, got, err, tt.want)
		}
	}
	_, err := post(t, g, `{"id":9007199254740992,"name":"too large"}`, id)
	wantCode(t, "a number that JSON cannot hold", err, "22003")
	_, _, err = upsert(t, g, `{"id":9007199254740993,"name":"too large"}`, query.UpsertOptions{})
	wantCode(t, "the same in an upsert", err, "22003")
	if got, n, err := upsert(t, g, `{"id":9007199254740992,"name":"is there"}`, query.UpsertOptions{WriteOptions: query.WriteOptions{Return: id}}); n != 0 || err != nil || got != `[{"id":9007199254740992}]` {
		t.Errorf("upsert of a large key that exists: %s, %d new, %v", got, n, err)
	}
	_, err = post(t, g, `{"id":5,"name":"taken"}`, id)
	wantCode(t, "a taken key", err, "23505")
	if got, inserted, err := upsert(t, g, `[{"id":5,"name":"known"},{"id":10,"name":"new"}]`, query.UpsertOptions{WriteOptions: query.WriteOptions{Return: id}}); err != nil || inserted != 1 || got != `[{"id":5},{"id":10}]` {
		t.Errorf("upsert: %s, %d new, %v", got, inserted, err)
	}
	testHiddenKeys(t, db)
	testGivenKeysTogether(t, db)
}

// testHiddenKeys gives keys that clients may not: trusted code may.
func testHiddenKeys(t *testing.T, db *store.DB) {
	t.Helper()
	g := scopedGate[voucher](db, scopeOf("ann", "", open(t, db.Table(voucher{}))))
	_, err := post(t, g, `{"id":5,"name":"given"}`, nil)
	wantCode(t, "a key that the tag does not let clients give", err, "PL003")
	for i, want := range []int64{1, 40, 41} {
		row := &voucher{Name: "x"}
		if i == 1 {
			row.ID = 40
		}
		if err := store.For[voucher](db).Insert(t.Context(), row); err != nil || row.ID != want {
			t.Errorf("inserted %d, %v, want %d", row.ID, err, want)
		}
	}
}

// testGivenKeysTogether gives and makes keys at the same time. No key is made twice.
func testGivenKeysTogether(t *testing.T, db *store.DB) {
	t.Helper()
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 20 {
				row := &voucher{Name: fmt.Sprint(n)}
				if n == 0 {
					row.ID = int64(10_000 + 2_000*i) // behind all that are made
				}
				if err := store.For[voucher](db).Insert(t.Context(), row); err != nil {
					t.Errorf("%d of %d: %v", i, n, err)
				}
			}
		})
	}
	all.Wait()
}
