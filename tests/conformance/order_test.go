package conformance_test

import (
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
)

func orderTopics() []topic {
	return []topic{
		{"Order", []any{word{}}, store.Options{}, testOrder},
		{"Cursors", []any{word{}}, store.Options{}, testCursors},
		{"CompositeKeys", pageModels(), store.Options{}, testCompositeKeys},
		{"Pages", []any{word{}}, store.Options{}, testPages},
	}
}

// key is one key of an order over words, as the oracle compares it: -1, 0, +1
// for two ids, NULL aside.
type key struct {
	order   store.Order
	null    func(id int64) bool
	compare func(a, b int64) int
}

// keys are all keys over text, size and dec, in both directions, NULL at both
// ends.
func keys() []key {
	isNull := func(id int64) bool { return id >= 100 }
	compare := map[string]func(a, b int64) int{
		"text": func(a, b int64) int { return int(a - b) },
		"size": func(a, b int64) int { return (len(words)-int(a))/3 - (len(words)-int(b))/3 },
		"dec":  func(a, b int64) int { return int(a%5 - b%5) },
	}
	var list []key
	for _, column := range []string{"text", "size", "dec"} {
		for _, desc := range []bool{false, true} {
			for _, nulls := range []query.Nulls{query.NullsDefault, query.NullsFirst, query.NullsLast} {
				list = append(list, key{store.Order{Column: column, Desc: desc, Nulls: nulls}, isNull, compare[column]})
			}
		}
	}
	return list
}

// position compares two rows by a key as the documentation says: NULL is the
// greatest value unless the order says where it stands.
func (k key) position(a, b int64) int {
	first := k.order.Nulls == query.NullsFirst || k.order.Nulls == query.NullsDefault && k.order.Desc
	switch {
	case k.null(a) && k.null(b):
		return 0
	case k.null(a) == first && k.null(a) != k.null(b):
		return -1
	case k.null(a) != k.null(b):
		return 1
	case k.order.Desc:
		return k.compare(b, a)
	}
	return k.compare(a, b)
}

// sorted returns the ids of all words in an order, and those that are equal in it
// by id, in the direction of its last key.
func sorted(keys ...key) []int64 {
	ids := append(byIndex(func(int) bool { return true }), 100, 101)
	slices.SortFunc(ids, func(a, b int64) int {
		for _, k := range keys {
			if p := k.position(a, b); p != 0 {
				return p
			}
		}
		if len(keys) > 0 && keys[len(keys)-1].order.Desc {
			return int(b - a)
		}
		return int(a - b)
	})
	return ids
}

func orderOf(keys ...key) []store.Order {
	var list []store.Order
	for _, k := range keys {
		list = append(list, k.order)
	}
	return list
}

func testOrder(t *testing.T, db *store.DB) {
	insertWords(t, db)
	for _, a := range keys() {
		for _, b := range keys() {
			if a.order.Column == b.order.Column {
				continue
			}
			q := store.Query{Order: orderOf(a, b)}
			if got, want := wordIDs(t, db, q), sorted(a, b); !slices.Equal(got, want) {
				t.Errorf("order %+v:\n got %v\nwant %v", q.Order, got, want)
			}
		}
	}
	ids := sorted()
	if got := wordIDs(t, db, store.Query{}); !slices.Equal(got, ids) {
		t.Errorf("without an order: %v, want key order", got)
	}
	down := slices.Clone(ids)
	slices.Reverse(down)
	if got := wordIDs(t, db, store.Query{Order: []store.Order{{Column: "id", Desc: true}}}); !slices.Equal(got, down) {
		t.Errorf("by key downwards: %v", got)
	}
}

// testCompositeKeys sorts and pages rows with a key of two columns. Key columns missing
// from the order use the last direction given.
func testCompositeKeys(t *testing.T, db *store.DB) {
	insert(t, db, &page{ID: 1, Slug: "a"}, &page{ID: 2, Slug: "b"})
	insert(t, db, &label{ID: 10, Name: "x"}, &label{ID: 20, Name: "y"})
	insert(t, db, &pageLabel{PageID: 1, LabelID: 10}, &pageLabel{PageID: 1, LabelID: 20}, &pageLabel{PageID: 2, LabelID: 10}, &pageLabel{PageID: 2, LabelID: 20})
	by := func(column string, desc bool) store.Order { return store.Order{Column: column, Desc: desc} }
	for _, tt := range []struct {
		order []store.Order
		want  [][2]int64
	}{
		{nil, [][2]int64{{1, 10}, {1, 20}, {2, 10}, {2, 20}}},
		{[]store.Order{by("page_id", true)}, [][2]int64{{2, 20}, {2, 10}, {1, 20}, {1, 10}}},
		{[]store.Order{by("label_id", false)}, [][2]int64{{1, 10}, {2, 10}, {1, 20}, {2, 20}}},
		{[]store.Order{by("label_id", true)}, [][2]int64{{2, 20}, {1, 20}, {2, 10}, {1, 10}}},
		{[]store.Order{by("deleted_at", true)}, [][2]int64{{2, 20}, {2, 10}, {1, 20}, {1, 10}}},
		{[]store.Order{by("page_id", true), by("label_id", false)}, [][2]int64{{2, 10}, {2, 20}, {1, 10}, {1, 20}}},
	} {
		q := store.Query{Order: tt.order, Limit: store.Limit(1)}
		var got [][2]int64
		for range tt.want {
			page := value(store.For[pageLabel](db).Page(t.Context(), q))(t)
			for _, row := range page.Items {
				got = append(got, [2]int64{row.PageID, row.LabelID})
			}
			q.After = page.Next
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("two keys in order %+v: %v, want %v", tt.order, got, tt.want)
		}
	}
}

// testCursors walks the table page by page in every order and compares with the
// whole list.
func testCursors(t *testing.T, db *store.DB) {
	insertWords(t, db)
	list := keys()
	for i, a := range list {
		// Pairs of all kinds without the square of them.
		b := list[(i*7+5)%len(list)]
		orders := [][]key{{a}, {a, b}}
		if a.order.Column == b.order.Column {
			orders = orders[:1]
		}
		for _, order := range orders {
			for _, size := range []int{1, 4, 7} {
				if got, want := walk(t, db, orderOf(order...), size), sorted(order...); !slices.Equal(got, want) {
					t.Errorf("pages of %d in order %+v:\n got %v\nwant %v", size, orderOf(order...), got, want)
				}
			}
		}
	}
	testBadCursors(t, db)
}

// walk collects the ids of all pages.
func walk(t *testing.T, db *store.DB, order []store.Order, size int) []int64 {
	t.Helper()
	q := store.Query{Order: order, Limit: store.Limit(size)}
	var ids []int64
	for range 2 * len(words) {
		page := value(store.For[word](db).Page(t.Context(), q))(t)
		if len(page.Items) > size {
			t.Fatalf("a page of %d has %d rows", size, len(page.Items))
		}
		for _, w := range page.Items {
			ids = append(ids, w.ID)
		}
		if page.Next == "" {
			return ids
		}
		q.After = page.Next
	}
	t.Fatalf("no end of pages of %d in order %+v", size, order)
	return nil
}

// testBadCursors hands in cursors that were not made for the query.
func testBadCursors(t *testing.T, db *store.DB) {
	t.Helper()
	q := store.Query{Order: []store.Order{{Column: "size"}}, Limit: store.Limit(3)}
	next := value(store.For[word](db).Page(t.Context(), q))(t).Next
	bad := map[string]store.Query{
		"other column":    {Order: []store.Order{{Column: "dec"}}, After: next},
		"other direction": {Order: []store.Order{{Column: "size", Desc: true}}, After: next},
		"other nulls":     {Order: []store.Order{{Column: "size", Nulls: query.NullsFirst}}, After: next},
		"fewer keys":      {After: next},
		"more keys":       {Order: []store.Order{{Column: "size"}, {Column: "dec"}}, After: next},
		"no cursor":       {Order: q.Order, After: "x"},
		"no base64":       {Order: q.Order, After: next + "!"},
		"cut":             {Order: q.Order, After: next[:len(next)-2]},
		"longer":          {Order: q.Order, After: next + "AA"},
	}
	for i := range next {
		turned := []byte(next)
		if turned[i]++; turned[i] > 'z' || turned[i] == '[' || turned[i] == ':' || turned[i] == '`' {
			turned[i] = 'A'
		}
		if string(turned) != string(next) {
			bad["turned "+string(turned)] = store.Query{Order: q.Order, After: query.Cursor(turned)}
		}
	}
	for name, q := range bad {
		_, err := store.For[word](db).Page(t.Context(), q)
		wantCode(t, "cursor: "+name, err, "PL004")
	}
}

// testPages limits, skips and counts.
func testPages(t *testing.T, db *store.DB) {
	insertWords(t, db)
	g, all := gateOf[word](db), sorted()
	for _, tt := range []struct {
		name          string
		limit         *int
		offset, most  int
		want          []int64
		more, ordered bool
	}{
		{name: "all", want: all},
		{name: "limit", limit: store.Limit(3), want: all[:3]},
		{name: "limit zero", limit: store.Limit(0), want: []int64{}},
		{name: "offset", offset: 5, want: all[5:]},
		{name: "limit and offset", limit: store.Limit(2), offset: 5, want: all[5:7]},
		{name: "offset behind the end", limit: store.Limit(2), offset: 500, want: []int64{}},
		{name: "cut", most: 4, want: all[:4], more: true},
		{name: "cut at the end", most: len(all), want: all},
		{name: "limit below the cut", limit: store.Limit(4), most: 5, want: all[:4]},
		{name: "cut behind an offset", offset: 10, most: 2, want: all[10:12], more: true},
	} {
		for _, order := range [][]store.Order{nil, {{Column: "id"}}} {
			for _, count := range []bool{false, true} {
				q := query.Query{Select: columns("id"), Order: order, Limit: tt.limit, Offset: tt.offset, Count: count}
				var out query.Rows
				if err := g.Read(t.Context(), &q, query.ReadOptions{MaxRows: tt.most}, &out); err != nil {
					t.Fatalf("%s: %v", tt.name, err)
				}
				if out.Count != len(tt.want) || string(out.Body) != idsJSON(tt.want) || out.More != tt.more {
					t.Errorf("%s: %d rows %s, more %v, want %s, %v", tt.name, out.Count, out.Body, out.More, idsJSON(tt.want), tt.more)
				}
				if count && out.Total != int64(len(all)) {
					t.Errorf("%s: total %d, want %d", tt.name, out.Total, len(all))
				}
			}
		}
	}
	var out query.Rows
	err := g.Read(t.Context(), &query.Query{}, query.ReadOptions{MaxBytes: 100}, &out)
	wantIs(t, "an answer of more than 100 bytes", err, fault.ErrTooLarge)
}

func idsJSON(ids []int64) string {
	var b []byte
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, `{"id":`...), decimalText(id)...), '}')
	}
	return string(b)
}

func decimalText(n int64) string { return store.DecimalOf(n).String() }
