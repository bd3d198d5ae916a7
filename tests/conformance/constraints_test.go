package conformance_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// seat has unique keys of one and of two columns, one of them hidden, and a
// foreign key.
type seat struct {
	bun.BaseModel `bun:"table:seats"`
	store.Untracked
	ID     int64   `bun:",pk"`
	Room   string  `bun:",notnull,unique:place"`
	Number int64   `bun:",notnull,unique:place"`
	Badge  *string `bun:",unique"`
	Code   *string `bun:",unique" plinth:"hidden"`
	NextID *int64
	Next   *seat `bun:"rel:belongs-to,join:next_id=id"`
}

// testConstraints violates every kind of constraint and compares the errors,
// which are filled from the schema.
func testConstraints(t *testing.T, db *store.DB) {
	g := gateOf[seat](db)
	if _, err := post(t, g, `[{"id":1,"room":"a","number":1,"badge":"x","next_id":null},{"id":2,"room":"a","number":2,"badge":null,"next_id":1},`+
		`{"id":3,"room":"b","number":1,"badge":null,"next_id":null}]`, nil); err != nil {
		t.Fatal(err)
	}
	ctx, seats := t.Context(), store.For[seat](db)
	if err := seats.Insert(ctx, &seat{ID: 4, Room: "c", Code: new("k")}); err != nil {
		t.Fatal(err)
	}
	insertBody := func(body string) func() error {
		return func() error { _, err := post(t, g, body, nil); return err }
	}
	patchBody := func(body string, where store.Cond) func() error {
		return func() error { _, err := patch(t, g, body, where); return err }
	}
	for _, tt := range []struct {
		name    string
		do      func() error
		kind    store.ConstraintKind
		columns []string
	}{
		{"primary key", insertBody(`{"id":1,"room":"z","number":1}`), store.Unique, []string{"id"}},
		{"primary key in bulk", insertBody(`[{"id":9,"room":"z","number":1},{"id":9,"room":"z","number":2}]`), store.Unique, []string{"id"}},
		{"unique", insertBody(`{"id":9,"room":"z","number":1,"badge":"x"}`), store.Unique, []string{"badge"}},
		{"unique of two", insertBody(`{"id":9,"room":"a","number":2}`), store.Unique, []string{"room", "number"}},
		{"unique by update", patchBody(`{"badge":"x"}`, store.Eq("id", 2)), store.Unique, []string{"badge"}},
		{"unique by update of many", patchBody(`{"room":"q","number":1}`, store.True()), store.Unique, []string{"room", "number"}},
		{"hidden unique", func() error { return seats.Insert(ctx, &seat{ID: 9, Room: "z", Code: new("k")}) }, store.Unique, nil},
		{"foreign key", insertBody(`{"id":9,"room":"z","number":1,"next_id":77}`), store.ForeignKey, []string{"next_id"}},
		{"foreign key by update", patchBody(`{"next_id":77}`, store.Eq("id", 3)), store.ForeignKey, []string{"next_id"}},
		{"referenced row", func() error { return seats.Delete(ctx, 1) }, store.ForeignKey, nil},
		{"not null", insertBody(`{"id":9,"room":null,"number":1}`), store.NotNull, []string{"room"}},
		{"not null by update", patchBody(`{"number":null}`, store.Eq("id", 3)), store.NotNull, []string{"number"}},
	} {
		err := tt.do()
		var c *store.ConstraintError
		if !errors.As(err, &c) {
			t.Errorf("%s: %v, want a constraint error", tt.name, err)
			continue
		}
		if c.Kind != tt.kind || c.Table != "seats" || !slices.Equal(c.Columns, tt.columns) && tt.name != "referenced row" {
			t.Errorf("%s: %+v, want kind %d of %v", tt.name, *c, tt.kind, tt.columns)
		}
	}
	wantRead(t, g, query.Query{Select: columns("id", "number", "badge", "next_id")},
		`[{"id":1,"number":1,"badge":"x","next_id":null},{"id":2,"number":2,"badge":null,"next_id":1},{"id":3,"number":1,"badge":null,"next_id":null},`+
			`{"id":4,"number":0,"badge":null,"next_id":null}]`)
	// Rows that refer to each other within one insert.
	if _, err := post(t, g, `[{"id":10,"room":"y","number":1,"next_id":11},{"id":11,"room":"y","number":2,"next_id":11}]`, nil); err != nil {
		t.Errorf("a row that refers to one behind it: %v", err)
	}
}
