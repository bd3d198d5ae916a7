package conformance_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// receipt and scrap are deleted by a mark; only the writes of one are logged.
type receipt struct {
	bun.BaseModel `bun:"table:receipts"`
	store.Model
	store.SoftDelete
	bill
	Next *receipt `bun:"rel:belongs-to,join:next_id=id"`
}

type scrap struct {
	bun.BaseModel `bun:"table:scraps"`
	store.Model
	store.SoftDelete
	store.Untracked
	bill
	Next *scrap `bun:"rel:belongs-to,join:next_id=id"`
}

type bill struct {
	Amount store.Decimal `bun:",notnull"`
	Text   *store.JSON   //
	NextID *store.ID     //
}

// testImages looks at what writes answer with on every way a write can take: a
// deleted row as it was, and an equal value with another scale as it was given.
func testImages(t *testing.T, db *store.DB) {
	for _, model := range []any{receipt{}, scrap{}} {
		table := db.Table(model)
		g := access.Trusted(db, table)
		for i, ret := range []query.Query{
			{Select: columns("amount", "version")},
			{Select: columns("amount", "version"), Order: []store.Order{{Column: "amount"}}},
			{Select: columns("amount", "version"), With: []query.Embed{{Relation: "next", Query: query.Query{Select: columns("id")}}}},
		} {
			embed := ""
			if len(ret.With) > 0 {
				embed = `,"next":null`
			}
			id := store.ID{0: byte(i + 1)}
			opts := query.WriteOptions{Return: &ret}
			in := value(g.DecodeInput([]byte(`{"id":"`+id.String()+`","amount":1.50}`), access.InputOptions{}))(t)
			var out query.Rows
			if err := g.Insert(t.Context(), in, opts, &out); err != nil {
				t.Fatal(err)
			}
			patch := value(g.DecodePatch([]byte(`{"amount":1.500}`), nil))(t)
			if err := g.Update(t.Context(), patch, store.Eq("id", id), opts, &out); err != nil {
				t.Fatal(err)
			}
			wantBody(t, table.Name+": updated", out, `{"amount":1.500,"version":2`+embed+`}`)
			wantRead(t, g, query.Query{Select: columns("amount", "version")}, `[{"amount":1.500,"version":2}]`)
			if err := g.Delete(t.Context(), store.Eq("id", id), opts, &out); err != nil {
				t.Fatal(err)
			}
			wantBody(t, table.Name+": deleted", out, `{"amount":1.500,"version":2`+embed+`}`)
			wantRead(t, g, query.Query{Select: columns("amount")}, `[]`)
		}
	}
}

// testNullDocuments writes the document null where NULL can be: it is NULL.
func testNullDocuments(t *testing.T, db *store.DB) {
	null := query.Query{Select: columns("amount"), Where: store.Null("text")}
	for i, write := range []func(*receipt) error{
		func(*receipt) error { return nil },
		func(r *receipt) error {
			_, err := store.For[receipt](db).Patch(t.Context(), r.ID, store.SetTo("text", store.JSON("null")))
			return err
		},
		func(r *receipt) error {
			_, err := patch(t, gateOf[receipt](db), `{"text":null}`, store.Eq("id", r.ID))
			return err
		},
	} {
		r := &receipt{bill: bill{Text: new(store.JSON("null"))}}
		if i > 0 {
			r.Text = new(store.JSON(`{"a":1}`))
		}
		insert(t, db, r)
		if err := write(r); err != nil {
			t.Fatal(err)
		}
		wantRead(t, gateOf[receipt](db), null, `[{"amount":0}]`)
		if err := store.For[receipt](db).Delete(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func wantBody(t *testing.T, what string, out query.Rows, want string) {
	t.Helper()
	if string(out.Body) != want {
		t.Errorf("%s\n got %s\nwant %s", what, out.Body, want)
	}
}
