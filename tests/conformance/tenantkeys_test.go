package conformance_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// leaflet has a key and a condition for each tenant; its number is unique over all.
type leaflet struct {
	bun.BaseModel `bun:"table:leaflets"`
	store.Tenant
	ID     int64  `bun:",pk,autoincrement"`
	Slug   string `bun:",notnull" plinth:"unique=tenant_id|slug"`
	Lang   string `bun:",notnull" plinth:"unique=tenant_id|lang|part"`
	Part   *int64
	Number *int64 `bun:",unique"`
	Title  string `bun:",notnull"`
	Home   bool   `plinth:"unique=tenant_id where home"`
}

// bin is leaflet with soft deletion and a key of three parts.
type bin struct {
	bun.BaseModel `bun:"table:bins" plinth:"unique=slug|tenant_id"`
	store.Model
	store.SoftDelete
	store.Tenant
	Slug  string `bun:",notnull"`
	Title string `bun:",notnull"`
}

// testTenantKeys upserts by the visible part of the keys of tenants. The rows of the other
// tenant have the same visible keys, and must never change.
func testTenantKeys(t *testing.T, db *store.DB) {
	one, two := store.WithTenant(t.Context(), "one"), store.WithTenant(t.Context(), "two")
	leaflets, bins := store.For[leaflet](db), store.For[bin](db)
	for i, slug := range []string{"home", "news", "about"} {
		p, b := &leaflet{Slug: slug, Lang: slug, Part: new(int64(i)), Number: new(int64(i)), Title: "theirs", Home: i == 0}, &bin{Slug: slug, Title: "theirs"}
		if err := leaflets.Insert(two, p); err != nil {
			t.Fatal(err)
		}
		if err := bins.Insert(two, b); err != nil {
			t.Fatal(err)
		}
	}
	theirs := func() string {
		rows, err := json.Marshal([]any{value(leaflets.List(two, store.Query{}))(t), value(bins.List(two, store.Query{}))(t)})
		if err != nil {
			t.Fatal(err)
		}
		return string(rows)
	}
	before := theirs()
	if strings.Count(before, "theirs") != 6 {
		t.Fatalf("the rows of tenant two are %s", before)
	}
	g := scopedGate[leaflet](db, scopeOf("ann", "one", open(t, db.Table(leaflet{}))))
	ret := query.WriteOptions{Return: &query.Query{Select: columns("slug", "lang", "part", "number", "title", "home")}}
	by := func(names ...string) query.UpsertOptions {
		return query.UpsertOptions{WriteOptions: ret, Conflict: names}
	}
	ignore := by("slug")
	ignore.Ignore = true
	for _, tt := range []struct {
		name, body string
		opts       query.UpsertOptions
		want       string // rows, or the code of an error
		inserted   int
	}{
		{"new", `{"slug":"home","lang":"de","title":"a"}`, by("slug"), `{"slug":"home","lang":"de","part":null,"number":null,"title":"a","home":false}`, 1},
		{"known", `{"slug":"home","lang":"de","title":"b"}`, by("slug"), `{"slug":"home","lang":"de","part":null,"number":null,"title":"b","home":false}`, 0},
		{"ignored", `{"slug":"home","lang":"de","title":"c"}`, ignore, ``, 0},
		{
			"bulk", `[{"slug":"home","lang":"de","title":"d"},{"slug":"news","lang":"de","title":"d"}]`, by("slug"),
			`{"slug":"home","lang":"de","part":null,"number":null,"title":"d","home":false},{"slug":"news","lang":"de","part":null,"number":null,"title":"d","home":false}`, 1,
		},
		{"twice", `[{"slug":"x","lang":"de"},{"slug":"x","lang":"de"}]`, by("slug"), "21000", 0},
		{"two columns", `{"slug":"p","lang":"about","part":2,"title":"e"}`, by("part", "lang"), `{"slug":"p","lang":"about","part":2,"number":null,"title":"e","home":false}`, 1},
		{"two columns that are known", `{"slug":"p","lang":"about","part":2,"title":"f"}`, by("lang", "part"), `{"slug":"p","lang":"about","part":2,"number":null,"title":"f","home":false}`, 0},
		{"home of this tenant", `{"slug":"h","lang":"de","home":true}`, by("slug"), `{"slug":"h","lang":"de","part":null,"number":null,"title":"","home":true}`, 1},
		{"a second home", `{"slug":"i","lang":"de","home":true}`, by("slug"), "23505", 0},
		{"a key of all tenants, taken by another", `{"slug":"n","lang":"de","number":1}`, by("number"), "23505", 0},
		{"the same beside the key", `{"slug":"n","lang":"de","number":1}`, by("slug"), "23505", 0},
		{"the tenant by name", `{"slug":"home","lang":"de"}`, by("tenant_id", "slug"), "42703", 0},
		{"the tenant alone", `{"slug":"home","lang":"de"}`, by("tenant_id"), "42703", 0},
		{"the tenant of the body", `{"slug":"home","lang":"de","tenant_id":"two"}`, by("slug"), "PGRST204", 0},
		{"no key", `{"slug":"home","lang":"de"}`, by("lang"), "42P10", 0},
		{"too many columns", `{"slug":"home","lang":"de"}`, by("slug", "lang"), "42P10", 0},
		{"no columns", `{"slug":"home","lang":"de"}`, by([]string{}...), "42P10", 0},
	} {
		got, inserted, err := upsert(t, g, tt.body, tt.opts)
		switch {
		case len(tt.want) >= 5 && len(tt.want) <= 8:
			wantCode(t, tt.name, err, tt.want)
		case err != nil || got != "["+tt.want+"]" || inserted != tt.inserted:
			t.Errorf("%s\n got %s, %d new, %v\nwant [%s], %d new", tt.name, got, inserted, err, tt.want, tt.inserted)
		}
		if after := theirs(); after != before {
			t.Fatalf("%s changed the rows of another tenant:\n%s\n%s", tt.name, before, after)
		}
	}
	b := &bin{Slug: "news", Title: "mine"}
	for range 2 {
		if err := bins.Upsert(one, b, "slug"); err != nil || b.TenantID != "one" {
			t.Errorf("upsert of trusted code: %+v, %v", b, err)
		}
	}
	if err := bins.Delete(one, b.ID); err != nil {
		t.Error(err)
	}
	if again := (&bin{Slug: "news", Title: "again"}); bins.Upsert(one, again, "slug") != nil || again.ID == b.ID {
		t.Errorf("the key of a deleted row is taken: %+v", again)
	}
	wantIs(t, "without a tenant", bins.Upsert(t.Context(), &bin{Slug: "news"}, "slug"), store.ErrNoTenant)
	nobody := scopedGate[leaflet](db, scopeOf("ann", "", open(t, db.Table(leaflet{}))))
	_, _, err := upsert(t, nobody, `{"slug":"home","lang":"de","title":"x"}`, by("slug"))
	wantIs(t, "a scope without a tenant", err, store.ErrDenied)
	if after := theirs(); after != before {
		t.Errorf("the rows of another tenant changed:\n%s\n%s", before, after)
	}
}
