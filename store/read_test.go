package store_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// judged in Go compare them.
func TestDocumentEquality(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		add(t, db, "", &Named{Name: "x", Doc: `{"a":1.0}`})
		for text, want := range map[string]int64{`{"a":1.0}`: 1, `{"a": 1.0 }`: 1, `{"a":1}`: 0} {
			if n := must(store.For[Named](db).Count(t.Context(), store.Compare("doc", query.OpEq, store.Text(text)))); n != want {
				t.Errorf("%s: %d, want %d", text, n, want)
			}
			if n := must(store.For[Named](db).Count(t.Context(), store.In("doc", query.Texts{text}))); n != want {
				t.Errorf("in %s: %d, want %d", text, n, want)
			}
		}
	})
}

// A page of no rows has none.
func TestPageOfNothing(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		add(t, db, "", &Tag{Name: "x"})
		page, err := store.For[Tag](db).Page(t.Context(), store.Query{Limit: store.Limit(0)})
		if err != nil || len(page.Items) != 0 || page.Next != "" {
			t.Errorf("%d rows, %v", len(page.Items), err)
		}
		if _, err := store.For[Glance](db).Page(t.Context(), store.Query{}); err == nil {
			t.Error("a page of rows without a key was taken")
		}
		if _, err := store.For[Tag](db).List(t.Context(), store.Query{Limit: store.Limit(-1)}); err == nil {
			t.Error("a negative limit was taken")
		}
	})
}

// Decimals in a cursor are compared as numbers.
func TestPagesByDecimal(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		ann := newAuthor(t, db, "Ann")
		for _, price := range []string{"9.5", "10", "100", "-1", "9.50", "2"} {
			p := newPost(ann, price, 1)
			p.Price = must(store.ParseDecimal(price))
			if err := store.For[Post](db).Insert(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		for _, desc := range []bool{false, true} {
			q := store.Query{Order: []store.Order{{Column: "price", Desc: desc}, {Column: "title", Desc: desc}, {Column: "id", Desc: desc}}, Limit: store.Limit(1)}
			want := must(store.For[Post](db).List(t.Context(), store.Query{Order: q.Order}))
			for i := 0; ; i++ {
				page := must(store.For[Post](db).Page(t.Context(), q))
				if len(page.Items) == 1 && page.Items[0].ID != want[i].ID {
					t.Errorf("desc %t: row %d is %s", desc, i, page.Items[0].Title)
				}
				if q.After = page.Next; q.After == "" {
					if i != len(want)-1 {
						t.Errorf("desc %t: %d rows", desc, i+1)
					}
					break
				}
			}
		}
	})
}

// Nothing selected is an empty object for every row, wherever rows come from.
func TestNothingSelected(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		none := &query.Query{Select: []query.Selected{}}
		for _, body := range []string{`{"name":"x"}`, `[{"name":"y"},{"name":"z"}]`} {
			got, err := gateInsert(t, db, db.Table(Tag{}), nil, body, none)
			want := "{}"
			if body[0] == '[' {
				want = "{},{}"
			}
			if err != nil || got != want {
				t.Errorf("insert %s: %q, %v", body, got, err)
			}
		}
		g := access.Trusted(db, db.Table(Tag{}))
		var out query.Rows
		if err := g.Delete(t.Context(), store.True(), query.WriteOptions{Return: none}, &out); err != nil || string(out.Body) != "{},{},{}" {
			t.Errorf("delete: %q, %v", out.Body, err)
		}
		ann := newAuthor(t, db, "Ann")
		if err := store.For[Post](db).Insert(t.Context(), newPost(ann, "p", 1)); err != nil {
			t.Fatal(err)
		}
		got, err := read(t, db, nil, Author{}, query.Query{Select: []query.Selected{{Column: "name"}}, With: []query.Embed{{Relation: "posts", Query: *none}}})
		if want := `[{"name":"Ann","posts":[{}]}]`; err != nil || got != want {
			t.Errorf("embed: %s, %v", got, err)
		}
		got, err = gateInsert(t, db, db.Table(Author{}), nil, `{"name":"Bob","hash":"h"}`, none)
		if err != nil || got != "{}" {
			t.Errorf("author: %q, %v", got, err)
		}
	})
}

// What a delete removed comes back with its relations, in the order asked for.
func TestDeletedRowsWithRelations(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		ann := newAuthor(t, db, "Ann")
		for _, title := range []string{"one", "two"} {
			if err := store.For[Post](db).Insert(t.Context(), newPost(ann, title, 1)); err != nil {
				t.Fatal(err)
			}
		}
		ret := &query.Query{
			Select: []query.Selected{{Column: "title"}}, Order: []store.Order{{Column: "title", Desc: true}},
			With: []query.Embed{{Relation: "author", Query: query.Query{Select: []query.Selected{{Column: "name"}}}}},
		}
		var out query.Rows
		err := access.Trusted(db, db.Table(Post{})).Delete(t.Context(), store.True(), query.WriteOptions{Return: ret}, &out)
		if want := `{"title":"two","author":{"name":"Ann"}},{"title":"one","author":{"name":"Ann"}}`; err != nil || string(out.Body) != want {
			t.Errorf("%s, %v, want %s", out.Body, err, want)
		}
	})
}

// Rules that were not bound to their table are judged too, not a crash.
func TestUnboundRules(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		tags := db.Table(Tag{})
		rule := store.Or(store.Eq("name", "ok"), store.Eq("name", "fine"))
		scope := &store.Scope{Guard: func(tb *store.Table) *store.Guard {
			return &store.Guard{
				Read: rule, Create: rule, Update: rule, Delete: rule,
				Readable: tb.PublicColumns(), Creatable: tb.CreatableColumns(), Updatable: tb.UpdatableColumns(),
			}
		}}
		if _, err := gateInsert(t, db, tags, scope, `{"name":"ok"}`, &query.Query{}); err != nil {
			t.Error(err)
		}
		if _, err := gateInsert(t, db, tags, scope, `{"name":"no"}`, nil); code(err) != "42501" {
			t.Error(err)
		}
		if n, err := gateUpdate(t, db, tags, scope, `{"name":"fine"}`, store.True()); n != 1 || err != nil {
			t.Error(n, err)
		}
		if _, err := gateUpdate(t, db, tags, scope, `{"name":"no"}`, store.True()); code(err) != "42501" {
			t.Error(err)
		}
	})
}
