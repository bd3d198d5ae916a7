package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Purchase is a row of the table behind the views.
type Purchase struct {
	bun.BaseModel `bun:"table:purchases"`
	ID            int64         `bun:",pk"`
	Shop          string        `bun:",notnull"`
	Item          *string       //
	Price         store.Decimal `bun:",notnull"`
	Day           store.Date    `bun:",notnull"`
	Prices        []*Price      `bun:"rel:has-many,join:shop=shop"`
	Best          *Takings      `bun:"rel:belongs-to,join:day=day"`
}

// Price is a view without a key.
type Price struct {
	bun.BaseModel `bun:"table:prices"`
	Shop          string        `bun:",notnull"`
	Item          *string       //
	Price         store.Decimal `bun:",notnull"`
	Of            *Takings      `bun:"rel:belongs-to,join:shop=shop"`
}

// Takings is a view with a declared key.
type Takings struct {
	bun.BaseModel `bun:"table:takings"`
	store.View
	Day  store.Date    `bun:",pk"`
	Shop string        `bun:",notnull"`
	Top  store.Decimal `bun:",notnull"`
}

// openViews opens a database in which rows were written in no order.
func openViews(t *testing.T, db *store.DB) {
	t.Helper()
	if err := db.Register(Purchase{}, Price{}, Takings{}); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"create view prices as select shop, item, price from purchases",
		"create view takings as select day, min(shop) as shop, max(price) as top from purchases group by day",
	} {
		mustRun(t, db.Bun().DB, statement)
	}
	for i, s := range []struct{ shop, item, price, day string }{
		{"b", "pen", "2", "2026-01-03"},
		{"a", "pen", "1.50", "2026-01-02"},
		{"a", "", "4", "2026-01-01"},
		{"a", "ink", "9", "2026-01-03"},
		{"b", "ink", "9", "2026-01-01"},
		{"a", "pen", "1", "2026-01-04"},
	} {
		row := &Purchase{ID: int64(9 - i), Shop: s.shop}
		if s.item != "" {
			row.Item = &s.item
		}
		if err := errors.Join(row.Price.UnmarshalText([]byte(s.price)), row.Day.UnmarshalText([]byte(s.day))); err != nil {
			t.Fatal(err)
		}
		if err := store.For[Purchase](db).Insert(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
}

// TestViewOrder reads views without an order: pages are the same on both engines and
// repeat no row.
func TestViewOrder(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		openViews(t, db)
		all := store.Guard{Read: store.True()}
		scope := guards(db, nil, map[string]store.Guard{"purchases": all, "prices": all, "takings": all})
		read := func(model any, q query.Query, want string) {
			t.Helper()
			var out query.Rows
			if err := access.New(db, db.Table(model), scope).Read(t.Context(), &q, query.ReadOptions{}, &out); err != nil {
				t.Fatal(err)
			}
			if got := string(out.Body); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
		columns := func(names ...string) (list []query.Selected) {
			for _, name := range names {
				list = append(list, query.Selected{Column: name})
			}
			return list
		}
		two := columns("shop", "item")
		read(Price{}, query.Query{Select: two},
			`{"shop":"a","item":"ink"},{"shop":"a","item":"pen"},{"shop":"a","item":"pen"},{"shop":"a","item":null},{"shop":"b","item":"ink"},{"shop":"b","item":"pen"}`)
		for offset, want := range []string{
			`{"price":1},{"price":1.50}`, `{"price":1.50},{"price":2}`, `{"price":2},{"price":4}`, `{"price":4},{"price":9}`,
		} {
			read(Price{}, query.Query{Select: columns("price"), Limit: store.Limit(2), Offset: offset}, want)
		}
		read(Price{}, query.Query{Order: []store.Order{{Column: "shop", Desc: true}}, Limit: store.Limit(3)},
			`{"shop":"b","item":"pen","price":2},{"shop":"b","item":"ink","price":9},{"shop":"a","item":null,"price":4}`)
		read(Price{}, query.Query{Select: columns("item"), Limit: store.Limit(2), With: []query.Embed{{Relation: "of", Query: query.Query{Select: columns("day")}}}},
			`{"item":"ink","of":{"day":"2026-01-01"}},{"item":"ink","of":null}`)
		read(Purchase{}, query.Query{
			Select: columns("id"), Where: store.Eq("id", 9),
			With: []query.Embed{{Relation: "prices", Query: query.Query{Select: columns("item", "price")}}},
		}, `{"id":9,"prices":[{"item":"ink","price":9},{"item":"pen","price":2}]}`)
		read(Takings{}, query.Query{Select: columns("top")}, `{"top":9},{"top":1.50},{"top":9},{"top":1}`)
	})
}

// TestViewKey uses the declared key of a view.
func TestViewKey(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		openViews(t, db)
		if err := migrate.Verify(t.Context(), db); err != nil {
			t.Error(err)
		}
		takings, day := store.For[Takings](db), store.NewDate(2026, 1, 3)
		row, err := takings.Get(t.Context(), day)
		if err != nil || row.Top.String() != "9" {
			t.Errorf("got %+v, %v", row, err)
		}
		var days []string
		for q := (store.Query{Limit: store.Limit(3)}); ; {
			page, err := takings.Page(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Items {
				days = append(days, r.Day.String())
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if got := strings.Join(days, " "); got != "2026-01-01 2026-01-02 2026-01-03 2026-01-04" {
			t.Errorf("pages: %s", got)
		}
		if err := takings.Insert(t.Context(), &Takings{Day: day, Shop: "a"}); !errors.Is(err, fault.ErrReadOnlyTable) {
			t.Errorf("insert: %v", err)
		}
		if err := takings.Delete(t.Context(), day); !errors.Is(err, fault.ErrReadOnlyTable) {
			t.Errorf("delete: %v", err)
		}
		if err := store.For[Purchase](db).Delete(t.Context(), 9); err != nil {
			t.Errorf("delete of a row that a view refers to: %v", err)
		}
	})
}
