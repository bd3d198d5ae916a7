package conformance_test

import (
	"context"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// task belongs to a tenant and can lie below another.
type task struct {
	bun.BaseModel `bun:"table:tasks"`
	store.Tenant
	ID       int64   `bun:",pk"`
	Name     string  `bun:",notnull,unique:tasks_name"`
	ParentID *int64  //
	Parent   *task   `bun:"rel:belongs-to,join:parent_id=id"`
	Children []*task `bun:"rel:has-many,join:id=parent_id"`
}

// testTenancy has two tenants, one and two, and looks for the rows of two from
// everywhere in one.
func testTenancy(t *testing.T, db *store.DB) {
	tasks := store.For[task](db)
	one, two := store.WithTenant(t.Context(), "one"), store.WithTenant(t.Context(), "two")
	for _, row := range []*task{{ID: 1, Name: "a"}, {ID: 2, Name: "b", ParentID: new(int64(1))}} {
		if err := tasks.Insert(one, row); err != nil || row.TenantID != "one" {
			t.Fatalf("insert: %v, %+v", err, row)
		}
	}
	if err := tasks.Insert(two, &task{ID: 3, Name: "c", Tenant: store.Tenant{TenantID: "one"}}); err != nil {
		t.Fatal(err)
	}
	wantLog(t, db,
		`tasks insert [1] - -> {"tenant_id":"one","id":1,"name":"a","parent_id":null} by /one`,
		`tasks insert [2] - -> {"tenant_id":"one","id":2,"name":"b","parent_id":1} by /one`,
		`tasks insert [3] - -> {"tenant_id":"two","id":3,"name":"c","parent_id":null} by /two`)
	testNoTenant(t, db, tasks)
	count := func(ctx context.Context, want int64) {
		t.Helper()
		if n, err := tasks.Count(ctx, store.Cond{}); n != want || err != nil {
			t.Errorf("%d rows, %v, want %d", n, err, want)
		}
	}
	count(one, 2)
	count(two, 1)
	count(store.WithTenant(t.Context(), "three"), 0)
	if n := value(tasks.AllTenants().Count(t.Context(), store.Cond{}))(t); n != 3 {
		t.Errorf("all tenants have %d rows, want 3", n)
	}
	_, err := tasks.Get(one, 3)
	wantIs(t, "get", err, store.ErrNotFound)
	_, err = tasks.Patch(one, 3, store.SetTo("name", "x"))
	wantIs(t, "patch", err, store.ErrNotFound)
	wantIs(t, "delete", tasks.Delete(one, 3), store.ErrNotFound)
	if n, err := tasks.DeleteWhere(two, store.Eq("name", "a")); n != 0 || err != nil {
		t.Errorf("deleted %d rows of another tenant, %v", n, err)
	}
	wantCode(t, "upsert by key", tasks.Upsert(one, &task{ID: 3, Name: "mine"}), "23505")
	testTenantScopes(t, db)
	wantRead(t, gateOf[quiet](db), query.Query{}, `[]`)
	rows := value(tasks.AllTenants().List(t.Context(), store.Query{Where: store.Eq("id", 3)}))(t)
	if len(rows) != 1 || rows[0].Name != "c" || rows[0].TenantID != "two" {
		t.Errorf("the row of the other tenant is %+v", rows)
	}
}

// testNoTenant runs trusted code without a tenant.
func testNoTenant(t *testing.T, db *store.DB, tasks store.Repo[task]) {
	t.Helper()
	ctx := t.Context()
	_, err := tasks.Get(ctx, 1)
	wantIs(t, "get", err, store.ErrNoTenant)
	_, err = tasks.Count(ctx, store.Cond{})
	wantIs(t, "count", err, store.ErrNoTenant)
	wantIs(t, "insert", tasks.Insert(ctx, &task{ID: 9, Name: "x"}), store.ErrNoTenant)
	wantIs(t, "upsert", tasks.Upsert(ctx, &task{ID: 9, Name: "x"}), store.ErrNoTenant)
	_, err = tasks.Patch(ctx, 1, store.SetTo("name", "x"))
	wantIs(t, "patch", err, store.ErrNoTenant)
	wantIs(t, "delete", tasks.Delete(ctx, 1), store.ErrNoTenant)
	wantIs(t, "insert for all", tasks.AllTenants().Insert(ctx, &task{ID: 9, Name: "x"}), store.ErrNoTenant)
	wantCode(t, "a tenant that is no text", tasks.Insert(store.WithTenant(ctx, "a\x00b"), &task{ID: 9, Name: "x"}), "22021")
	wantIs(t, "related", readError(t, gateOf[task](db), query.Query{With: []query.Embed{{Relation: "children"}}}), store.ErrNoTenant)
}

// testTenantScopes acts from the network, for tenant one and for none.
func testTenantScopes(t *testing.T, db *store.DB) {
	t.Helper()
	guards := open(t, db.Table(task{}))
	g := scopedGate[task](db, scopeOf("ann", "one", guards))
	children := query.Embed{Relation: "children", Query: query.Query{Select: columns("id")}}
	wantRead(t, g, query.Query{Select: columns("id"), With: []query.Embed{children}, Count: true},
		`[{"id":1,"children":[{"id":2}]},{"id":2,"children":[]}]`)
	wantCode(t, "the tenant in a filter", readError(t, g, query.Query{Where: store.Eq("tenant_id", "two")}), "42703")
	for body, code := range map[string]string{
		`{"id":9,"name":"x","tenant_id":"two"}`: "PGRST204",
		`{"id":9,"name":"x","parent_id":3}`:     "23503",
		`{"id":3,"name":"x"}`:                   "23505",
	} {
		_, err := post(t, g, body, nil)
		wantCode(t, "insert "+body, err, code)
	}
	_, _, err := upsert(t, g, `{"id":3,"name":"x"}`, query.UpsertOptions{})
	wantCode(t, "upsert", err, "23505")
	_, err = patch(t, g, `{"parent_id":3}`, store.Eq("id", 2))
	wantCode(t, "patch", err, "23503")
	if n, err := patch(t, g, `{"name":"x"}`, store.Eq("id", 3)); n != 0 || err != nil {
		t.Errorf("patched %d rows of another tenant, %v", n, err)
	}
	if got, err := post(t, g, `{"id":4,"name":"d"}`, &query.Query{}); err != nil || got != `[{"id":4,"name":"d","parent_id":null}]` {
		t.Errorf("insert: %s, %v", got, err)
	}
	nobody := scopedGate[task](db, scopeOf("ann", "", guards))
	wantRead(t, nobody, query.Query{}, `[]`)
	_, err = post(t, nobody, `{"id":9,"name":"x"}`, nil)
	wantIs(t, "insert without a tenant", err, store.ErrDenied)
	if n, err := patch(t, nobody, `{"name":"x"}`, store.True()); n != 0 || err != nil {
		t.Errorf("patched %d rows without a tenant, %v", n, err)
	}
	// A scope has its own tenant and ignores the one of the context.
	ctx := store.WithTenant(t.Context(), "two")
	rows, err := store.For[task](db).As(scopeOf("ann", "one", guards)).List(ctx, store.Query{})
	if err != nil || len(rows) != 3 {
		t.Errorf("a scope with another tenant in the context sees %d rows, %v, want 3", len(rows), err)
	}
}
