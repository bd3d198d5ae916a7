package gate_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// tree is a select with embeds, in a form that both the wire and the oracle
// understand.
type tree struct {
	table   string
	columns []string // nil for all
	embeds  []branch
}

type branch struct {
	alias, relation string
	inner           bool
	tree            tree
}

// randomTree returns a tree of at most depth levels and a few embeds.
func randomTree(r *rand.Rand, p auth.Principal, table string, depth int, budget *int) tree {
	t := tree{table: table}
	if r.IntN(2) == 0 {
		known := slices.Sorted(slices.Values(columnsFor(p, table)))
		for _, c := range known {
			if r.IntN(3) == 0 {
				t.columns = append(t.columns, c)
			}
		}
	}
	if depth == 0 {
		return t
	}
	for _, name := range slices.Sorted(maps.Keys(relations[table])) {
		if r.IntN(2) == 0 && *budget > 0 {
			*budget--
			b := branch{relation: name, inner: r.IntN(4) == 0, alias: name}
			if r.IntN(3) == 0 {
				b.alias = fmt.Sprintf("as_%d", *budget)
			}
			b.tree = randomTree(r, p, relations[table][name].target, depth-1, budget)
			t.embeds = append(t.embeds, b)
		}
	}
	return t
}

// String returns the tree in the grammar of select.
func (t tree) String() string {
	items := slices.Clone(t.columns)
	if t.columns == nil {
		items = []string{"*"}
	}
	for _, b := range t.embeds {
		item := b.relation
		if b.alias != b.relation {
			item = b.alias + ":" + item
		}
		if b.inner {
			item += "!inner"
		}
		items = append(items, item+"("+b.tree.String()+")")
	}
	return strings.Join(items, ",")
}

// want returns what the oracle expects of a row, and whether inner embeds keep
// it.
func (t tree) want(p auth.Principal, r row) (map[string]any, bool) {
	columns := t.columns
	if columns == nil {
		columns = columnsFor(p, t.table)
	}
	object, keep := map[string]any{}, true
	for _, c := range columns {
		object[c] = r[c]
	}
	for _, b := range t.embeds {
		rel := relations[t.table][b.relation]
		list := []any{}
		for _, related := range rel.find(p, r) {
			if inner, kept := b.tree.want(p, related); kept {
				list = append(list, inner)
			}
		}
		keep = keep && (!b.inner || len(list) > 0)
		switch {
		case rel.many:
			object[b.alias] = list
		case len(list) > 0:
			object[b.alias] = list[0]
		default:
			object[b.alias] = nil
		}
	}
	return object, keep
}

// TestA19EmbedsPassTheirOwnRules: in random selects over all relations, every row on every level
// passes the rule of its own table and shows its known columns only; nothing that
// passes is missing.
func TestA19EmbedsPassTheirOwnRules(t *testing.T) {
	t.Parallel()
	rounds := 150
	if programtest.Long() {
		rounds = 2000
	}
	callers := []auth.Principal{asAnon, asAna, asAri, asBea, asAdmin, asService}
	engines(t, func(t *testing.T, f *fixture) {
		for i := range rounds {
			r := rand.New(rand.NewPCG(19, uint64(i)))
			p := callers[r.IntN(len(callers))]
			table := []string{"notes", "projects", "tags", "note_tags"}[r.IntN(4)]
			budget := 6
			f.checkTree(t, i, p, randomTree(r, p, table, 1+r.IntN(3), &budget))
		}
	})
}

func (f *fixture) checkTree(t *testing.T, seed int, p auth.Principal, shape tree) {
	t.Helper()
	want := []any{}
	for _, r := range readable(p, shape.table) {
		if object, keep := shape.want(p, r); keep {
			want = append(want, object)
		}
	}
	a := ask{method: http.MethodGet, target: "/" + shape.table + "?select=" + shape.String(), prefer: counted}
	if shape.table == "note_tags" {
		a.target += "&order=note_id,tag_id"
	}
	got := f.do(t, p, a)
	if got.Status != http.StatusOK || !sameJSON(t, got.Body, want) {
		text, _ := json.Marshal(want)
		t.Errorf("seed %d, %s by %q: %d\n got %s\nwant %s", seed, a, p.ID, got.Status, got.Body, text)
	}
	if total := got.Header.Get("Content-Range"); got.Status == http.StatusOK && !strings.HasSuffix(total, fmt.Sprintf("/%d", len(want))) {
		t.Errorf("seed %d, %s by %q: Content-Range %s, want a total of %d", seed, a, p.ID, total, len(want))
	}
}

// sameJSON compares a body with a value.
func sameJSON(t *testing.T, body string, want any) bool {
	t.Helper()
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var g, w any
	if json.Unmarshal([]byte(body), &g) != nil || json.Unmarshal(text, &w) != nil {
		return false
	}
	return reflect.DeepEqual(g, w)
}
