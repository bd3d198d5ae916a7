package conformance_test

import (
	"fmt"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// returns are the ways to be answered: by nothing, by columns, in an order and with a
// relation.
func returns() []*query.Query {
	return []*query.Query{
		nil,
		{Select: columns("id")},
		{Select: columns("id"), Order: []store.Order{{Column: "id"}}},
		{Select: columns("id"), With: []query.Embed{{Relation: "country", Query: query.Query{Select: columns("code")}}}},
	}
}

// testGrowing inserts rows that refer to others of the same write, which a rule
// does not find.
func testGrowing(t *testing.T, db *store.DB) {
	table := db.Table(person{})
	rule := store.Or(store.Null("boss_id"), store.Related("boss", store.Eq("name", "Ada")))
	guard := store.Guard{Read: store.True(), Create: rule, Update: store.True(), UpdateCheck: store.True()}
	scope := scopeOf("ann", "", &tableGuard{table, guardFor(t, table, guard)}, open(t, db.Table(country{})))
	g := access.New(db, table, scope)
	for i, ret := range returns() {
		boss, report := 10*i+10, 10*i+11
		ada := fmt.Sprintf(`{"id":%d,"name":"Ada","height":1,"boss_id":null}`, boss)
		on := fmt.Sprintf(`{"id":%d,"name":"Bo","height":1,"boss_id":%d}`, report, boss)
		_, err := post(t, g, "["+ada+","+on+"]", ret)
		wantCode(t, fmt.Sprint("both at once ", i), err, "42501")
		for _, body := range []string{ada, on} {
			if _, err := post(t, g, body, ret); err != nil {
				t.Errorf("one after the other %d: %v", i, err)
			}
		}
	}
}

// testOwnTargets writes foreign keys to rows of the same write: a new target is checked
// in its state after the write, an existing one in its state before.
func testOwnTargets(t *testing.T, db *store.DB) {
	table := db.Table(person{})
	gate := func(read store.Cond) access.Gate {
		guard := guardFor(t, table, store.Guard{Read: read, Create: store.True(), Update: store.True(), UpdateCheck: store.True()})
		return scopedGate[person](db, scopeOf("ann", "", &tableGuard{table, guard}, open(t, db.Table(country{}))))
	}
	placed := gate(store.Or(store.Related("boss", store.Cond{}), store.Related("reports", store.Cond{})))
	tall := gate(store.Compare("height", query.OpGt, 1))
	for i, ret := range returns() {
		boss, report := 10*i+10, 10*i+11
		body := fmt.Sprintf(`[{"id":%d,"name":"a","height":1,"boss_id":null},{"id":%d,"name":"b","height":1,"boss_id":%d}]`, boss, report, boss)
		if _, err := post(t, placed, body, ret); err != nil {
			t.Errorf("seen by what was written, %d: %v", i, err)
		}
		body = fmt.Sprintf(`[{"id":%d,"name":"a","height":1,"boss_id":null},{"id":%d,"name":"b","height":2,"boss_id":%d}]`, boss+5, report+5, boss+5)
		_, err := post(t, tall, body, ret)
		wantCode(t, fmt.Sprint("hidden when it is written, ", i), err, "23503")
		insert(t, db, &person{ID: int64(boss + 7), Name: "c", Height: 2})
		p := value(tall.DecodePatch(fmt.Appendf(nil, `{"height":0,"boss_id":%d}`, boss+7), nil))(t)
		var out query.Rows
		if err := tall.Update(t.Context(), p, store.Eq("id", boss+7), query.WriteOptions{Return: ret}, &out); err != nil {
			t.Errorf("seen before it was changed, %d: %v", i, err)
		}
	}
}
