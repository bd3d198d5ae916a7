package conformance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// testBulk inserts 1,000 rows of every kind in one body, some of them NULL, and
// reads them back byte for byte.
func testBulk(t *testing.T, db *store.DB) {
	g := gateOf[everything](db)
	rows := make([]string, 1000)
	for i := range rows {
		optional := "null,null,null,null,null,null,null,null,null,null,null"
		if i%3 > 0 {
			optional = fmt.Sprintf(`"t%d",%t,%d,%d.5,%d.50,"2024-01-01T00:00:00.%06d+00:00","2024-02-%02d",`+
				`"00000000-0000-0000-0000-%012d","\\x%04x",{"n":%d},["%d","x,y"]`,
				i, i%2 == 0, -i, i, i, i, i%29+1, i, i, i, i)
		}
		values := strings.SplitN(optional, ",", 11)
		names := []string{"n_text", "n_yes", "n_int", "n_float", "n_dec", "n_at", "n_day", "n_uid", "n_bytes", "n_doc", "n_list"}
		var b strings.Builder
		fmt.Fprintf(&b, `{"id":%d`, i)
		for j, name := range names {
			fmt.Fprintf(&b, `,%q:%s`, name, values[j])
		}
		rows[i] = b.String() + "}"
	}
	want := "[" + strings.Join(rows, ",") + "]"
	ret := query.Query{Select: columns("id", "n_text", "n_yes", "n_int", "n_float", "n_dec", "n_at", "n_day", "n_uid", "n_bytes", "n_doc", "n_list")}
	got, err := post(t, g, want, &ret)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("the answer of the insert differs at byte %d", difference(got, want))
	}
	if got := read(t, g, ret); got != want {
		t.Errorf("the rows differ at byte %d", difference(got, want))
	}
	n := 0
	for row, err := range store.For[everything](db).Each(t.Context(), store.Query{Order: []store.Order{{Column: "n_int"}}, Limit: store.Limit(900)}) {
		if err != nil || row == nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 900 {
		t.Errorf("Each gave %d rows, want 900", n)
	}
	in := value(g.DecodeInput([]byte("[]"), access.InputOptions{}))(t)
	var out query.Rows
	if err := g.Insert(t.Context(), in, query.WriteOptions{}, &out); err != nil || out.Count != 0 {
		t.Errorf("an empty insert: %d rows, %v", out.Count, err)
	}
	_, err = g.DecodeInput([]byte(want), access.InputOptions{MaxRows: 999})
	wantCode(t, "more rows than allowed", err, "PL001")
}

func difference(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
