package conformance_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// page and label are soft-deleted, and so is the junction between them.
type page struct {
	bun.BaseModel `bun:"table:pages"`
	store.SoftDelete
	ID       int64   `bun:",pk"`
	Slug     string  `bun:",notnull,unique"`
	ParentID *int64  //
	Parent   *page   `bun:"rel:belongs-to,join:parent_id=id"`
	Children []*page `bun:"rel:has-many,join:id=parent_id"`
	Labels   []label `bun:"m2m:page_labels,join:Page=Label"`
}

type label struct {
	bun.BaseModel `bun:"table:labels"`
	store.SoftDelete
	ID   int64  `bun:",pk"`
	Name string `bun:",notnull"`
}

type pageLabel struct {
	bun.BaseModel `bun:"table:page_labels"`
	store.SoftDelete
	PageID  int64  `bun:",pk"`
	LabelID int64  `bun:",pk"`
	Page    *page  `bun:"rel:belongs-to,join:page_id=id"`
	Label   *label `bun:"rel:belongs-to,join:label_id=id"`
}

func pageModels() []any { return []any{page{}, label{}, pageLabel{}} }

// testSoftDelete deletes rows and looks for them in every place.
func testSoftDelete(t *testing.T, db *store.DB) {
	ctx, pages, g := t.Context(), store.For[page](db), gateOf[page](db)
	insert(t, db, &page{ID: 1, Slug: "a"}, &page{ID: 2, Slug: "b", ParentID: new(int64(1))}, &page{ID: 3, Slug: "c", ParentID: new(int64(2))})
	insert(t, db, &label{ID: 10, Name: "x"}, &label{ID: 20, Name: "y"}, &label{ID: 30, Name: "z"})
	insert(t, db, &pageLabel{PageID: 1, LabelID: 10}, &pageLabel{PageID: 1, LabelID: 20}, &pageLabel{PageID: 1, LabelID: 30})
	logged(t, db)
	if err := pages.Delete(ctx, 2); err != nil {
		t.Fatal(err)
	}
	there := `{"deleted_at":null,"id":2,"slug":"b","parent_id":1}`
	gone := `{"deleted_at":` + clockJSON + `,"id":2,"slug":"b","parent_id":1}`
	wantLog(t, db, "pages delete [2] "+there+" -> "+gone)
	if err := store.For[label](db).Delete(ctx, 20); err != nil {
		t.Fatal(err)
	}
	if err := store.For[pageLabel](db).Delete(ctx, []any{1, 30}); err != nil {
		t.Fatal(err)
	}
	logged(t, db)
	wantIs(t, "delete twice", pages.Delete(ctx, 2), store.ErrNotFound)
	_, err := pages.Patch(ctx, 2, store.SetTo("slug", "q"))
	wantIs(t, "patch a deleted row", err, store.ErrNotFound)
	_, err = pages.Get(ctx, 2)
	wantIs(t, "get a deleted row", err, store.ErrNotFound)
	wantIs(t, "restore a row that is there", pages.Restore(ctx, 1), store.ErrNotFound)
	id := columns("id")
	wantRead(t, g, query.Query{Select: id, Count: true}, `[{"id":1},{"id":3}]`)
	wantRead(t, g, query.Query{Select: id, With: []query.Embed{
		{Relation: "parent", Query: query.Query{Select: id}},
		{Relation: "children", Query: query.Query{Select: id}},
		{Relation: "labels", Query: query.Query{Select: id}},
	}}, `[{"id":1,"parent":null,"children":[],"labels":[{"id":10}]},{"id":3,"parent":null,"children":[],"labels":[]}]`)
	wantRead(t, g, query.Query{Select: id, Where: store.Related("children", store.Cond{})}, `[]`)
	wantRead(t, g, query.Query{Select: id, Where: store.Related("labels", store.In("name", []string{"y", "z"}))}, `[]`)
	wantRead(t, g, query.Query{Select: id, Order: []store.Order{{Relation: "parent", Column: "slug", Desc: true}}}, `[{"id":3},{"id":1}]`)
	if n := value(pages.Count(ctx, store.Cond{}))(t); n != 2 {
		t.Errorf("count %d, want 2", n)
	}
	if n := value(pages.WithDeleted().Count(ctx, store.Cond{}))(t); n != 3 {
		t.Errorf("count with deleted %d, want 3", n)
	}
	if n := value(pages.PatchWhere(ctx, store.True(), store.SetTo("parent_id", nil)))(t); n != 2 {
		t.Errorf("patched %d rows, want 2", n)
	}
	testReuse(t, db)
}

// testReuse takes the unique key of a deleted row, and brings rows back.
func testReuse(t *testing.T, db *store.DB) {
	t.Helper()
	ctx, pages, g := t.Context(), store.For[page](db), gateOf[page](db)
	insert(t, db, &page{ID: 4, Slug: "b"})
	logged(t, db)
	err := pages.Restore(ctx, 2)
	wantCode(t, "restore over a taken key", err, "23505")
	wantLog(t, db)
	if err := pages.Delete(ctx, 4); err != nil {
		t.Fatal(err)
	}
	if err := pages.Restore(ctx, 2); err != nil {
		t.Fatal(err)
	}
	lines := logged(t, db)
	want := `pages restore [2] {"deleted_at":` + clockJSON + `,"id":2,"slug":"b","parent_id":1} -> {"deleted_at":null,"id":2,"slug":"b","parent_id":1}`
	if len(lines) != 2 || lines[1] != want {
		t.Errorf("log of a restore: %q, want %q", lines, want)
	}
	wantRead(t, g, query.Query{Select: columns("id", "slug")}, `[{"id":1,"slug":"a"},{"id":2,"slug":"b"},{"id":3,"slug":"c"}]`)

	// A deleted row does not exist for a client's foreign key and upsert.
	scope := scopeOf("ann", "", open(t, db.Table(page{})))
	_, err = post(t, scopedGate[page](db, scope), `{"id":5,"slug":"e","parent_id":4}`, nil)
	wantCode(t, "a reference to a deleted row", err, "23503")
	got, inserted, err := upsert(t, g, `{"id":6,"slug":"b"}`, query.UpsertOptions{Conflict: []string{"slug"}})
	if want = `[{"deleted_at":null,"id":2,"slug":"b","parent_id":1}]`; err != nil || got != want || inserted != 0 {
		t.Errorf("upsert beside a deleted row: %s, %d new, %v, want %s", got, inserted, err, want)
	}
	_, _, err = upsert(t, g, `{"id":4,"slug":"new"}`, query.UpsertOptions{})
	wantCode(t, "upsert over the key of a deleted row", err, "23505")
}
