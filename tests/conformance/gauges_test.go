package conformance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// gauge has a column of every kind, and a relation that only the database can follow.
type gauge struct {
	bun.BaseModel `bun:"table:gauges"`
	store.Untracked
	ID     int64 `bun:",pk"`
	Text   *string
	Yes    *bool
	Int    *int64
	Float  *float64
	Dec    *store.Decimal
	At     *time.Time
	Day    *store.Date
	UID    *store.ID `bun:"uid"`
	Bytes  *[]byte
	Doc    *store.JSON
	List   *[]string `bun:",array"`
	TwinID *int64
	Twin   *gauge `bun:"rel:belongs-to,join:twin_id=id"`
}

// testValuesOfImages lets the database evaluate a value of every kind in rows that are
// not inserted yet, one and several at once.
func testValuesOfImages(t *testing.T, db *store.DB) {
	table := db.Table(gauge{})
	like := func(column string, op query.Op, text string) store.Cond {
		return store.Compare(column, op, store.Var(text))
	}
	one := `"text":"Ärger_1","yes":true,"int":9007199254740993,"float":1.5,"dec":1.50,"at":"2024-01-02T03:04:05.000006+00:00","day":"2024-02-03",` +
		`"uid":"00000000-0000-7000-8000-0000000000a1","bytes":"\\x00ff","doc":{"a":[1,"x"],"b":null},"list":["a","b,\"c"]`
	other := `"text":"b","yes":false,"int":-1,"float":-0.5,"dec":-1,"at":"2023-01-02T03:04:05+00:00","day":"2023-02-03",` +
		`"uid":"00000000-0000-7000-8000-0000000000a2","bytes":"\\x","doc":[],"list":[]`
	null := `"text":null,"yes":null,"int":null,"float":null,"dec":null,"at":null,"day":null,"uid":null,"bytes":null,"doc":null,"list":null`
	for i, rule := range []store.Cond{
		like("text", query.OpEq, "Ärger_1"), like("text", query.OpGt, "bb"), like("text", query.OpLike, "%r\\_1"), like("text", query.OpILike, "äRGER%"),
		like("text", query.OpMatch, "^.r"), store.In("text", []string{"Ärger_1", "x"}),
		store.Compare("yes", query.OpIsTrue, nil), like("yes", query.OpEq, "true"),
		like("int", query.OpEq, "9007199254740993"), like("int", query.OpGt, "9007199254740992"), store.In("int", []int64{9007199254740993}),
		like("float", query.OpEq, "1.5"), like("float", query.OpGte, "1"), store.In("float", []float64{1.5, 2}),
		like("dec", query.OpEq, "1.5"), like("dec", query.OpGt, "1.49"), store.In("dec", []string{"1.500"}),
		like("at", query.OpEq, "2024-01-02T04:04:05.000006+01:00"), like("at", query.OpGt, "2024-01-01T00:00:00Z"),
		like("day", query.OpEq, "2024-02-03"), like("day", query.OpGte, "2024-02-03"),
		like("uid", query.OpEq, "00000000-0000-7000-8000-0000000000a1"), store.In("uid", []string{"00000000-0000-7000-8000-0000000000A1"}),
		like("bytes", query.OpEq, "\\x00ff"), like("doc", query.OpContains, `{"a":["x"]}`), like("doc", query.OpEq, `{"b":null,"a":[1,"x"]}`),
		like("list", query.OpContains, `{"b,\"c"}`), like("list", query.OpEq, `{a,"b,\"c"}`), like("list", query.OpOverlaps, `{a,x}`),
	} {
		guard := guardFor(t, table, store.Guard{Read: store.True(), Create: store.And(rule, store.Not(store.Related("twin", store.True())))})
		scope := scopeOf("ann", "", &tableGuard{table, guard})
		scope.Var = func(name string) (string, bool) { return name, true } // each variable is its own value
		g := access.New(db, table, scope)
		for _, ret := range []*query.Query{{Select: columns("id")}, {Select: columns("id"), Order: []store.Order{{Column: "id"}}}} {
			insert := func(rows ...string) error {
				body := ""
				for j, row := range rows {
					body += fmt.Sprintf(`,{"id":%d,%s}`, j+1, row)
				}
				_, err := post(t, g, "["+body[1:]+"]", ret)
				var out query.Rows
				if err := access.Trusted(db, table).Delete(t.Context(), store.True(), query.WriteOptions{}, &out); err != nil {
					t.Fatal(err)
				}
				return err
			}
			for _, rows := range [][]string{{one}, {one, one}} {
				if err := insert(rows...); err != nil {
					t.Errorf("rule %d %v, %d rows: %v", i, rule, len(rows), err)
				}
			}
			for _, rows := range [][]string{{other}, {null}, {one, other}, {one, one, null}} {
				wantCode(t, fmt.Sprintf("rule %d %v, %d rows", i, rule, len(rows)), insert(rows...), "42501")
			}
		}
	}
}
