package conformance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

func documentTopics() []topic {
	return []topic{
		{"DocumentPaths", []any{everything{}}, store.Options{}, testDocumentPaths},
		{"DocumentPathFilters", []any{everything{}}, store.Options{}, testDocumentPathFilters},
		{"DocumentPathOrder", []any{everything{}}, store.Options{}, testDocumentPathOrder},
		{"DocumentPathCasts", []any{everything{}}, store.Options{}, testDocumentPathCasts},
	}
}

// key and item begin a path.
func keyPath(name string) store.Path { return store.Path{}.Key(name) }

func itemPath(i int32) store.Path { return store.Path{}.Item(i) }

// found is what paths lead to, as JSON and as text.
var found = []struct {
	doc        string
	path       store.Path
	json, text string
}{
	{`{"a":1}`, keyPath("a"), `1`, `"1"`},
	{`{"a":1.0}`, keyPath("a"), `1.0`, `"1.0"`},
	{`{"a":1e3}`, keyPath("a"), `1000`, `"1000"`},
	{`{"a":123456789012345678901234567890.5}`, keyPath("a"), `123456789012345678901234567890.5`, `"123456789012345678901234567890.5"`},
	{`{"a":true}`, keyPath("a"), `true`, `"true"`},
	{`{"a":"é\n\"x"}`, keyPath("a"), `"é\n\"x"`, `"é\n\"x"`},
	{`{"a":null}`, keyPath("a"), `null`, `null`},
	{`{"a":{"bb":[1,"x, y: z\\\""],"c":{}}}`, keyPath("a"), `{"c":{},"bb":[1,"x, y: z\\\""]}`, `"{\"c\": {}, \"bb\": [1, \"x, y: z\\\\\\\"\"]}"`},
	{`{"a":{"b":[10,20]}}`, keyPath("a").Key("b").Item(1), `20`, `"20"`},
	{`{"a":1}`, keyPath("b"), `null`, `null`},
	{`{"a":1}`, keyPath("A"), `null`, `null`},
	{`{"a":1}`, keyPath("a").Key("b"), `null`, `null`},
	{`{"a":1}`, keyPath("a").Item(0), `1`, `"1"`},
	{`{"a":1}`, keyPath("a").Item(-1), `1`, `"1"`},
	{`{"a":1}`, keyPath("a").Item(1), `null`, `null`},
	{`{"0":1}`, itemPath(0), `null`, `null`},
	{`{"0":1}`, keyPath("0"), `1`, `"1"`},
	{`["x","y"]`, itemPath(0), `"x"`, `"x"`},
	{`["x","y"]`, itemPath(-1), `"y"`, `"y"`},
	{`["x","y"]`, itemPath(2), `null`, `null`},
	{`["x","y"]`, itemPath(-3), `null`, `null`},
	{`["x","y"]`, itemPath(-2147483648), `null`, `null`},
	{`["x","y"]`, keyPath("0"), `null`, `null`},
	{`"s"`, itemPath(0), `"s"`, `"s"`},
	{`"s"`, keyPath("s"), `null`, `null`},
	{`[]`, itemPath(0), `null`, `null`},
	{`{"x y":{"'":{"$1":{"":7}}}}`, keyPath("x y").Key("'").Key("$1").Key(""), `7`, `"7"`},
	{`{"->>":{"\"":1}}`, keyPath("->>").Key(`"`), `1`, `"1"`},
}

func testDocumentPaths(t *testing.T, db *store.DB) {
	g := gateOf[everything](db)
	for i, tt := range found {
		q := query.Query{Select: []query.Selected{
			{Column: "doc", Path: tt.path, As: "j"}, {Column: "doc", Path: tt.path.Text(), As: "t"}, {Column: "n_doc", Path: tt.path, As: "n"},
		}}
		want := fmt.Sprintf(`[{"j":%s,"t":%s,"n":null}]`, tt.json, tt.text)
		if got, err := post(t, g, fmt.Sprintf(`{"id":%d,"doc":%s}`, i, tt.doc), &q); err != nil || got != want {
			t.Errorf("%s %s returned\n got %s, %v\nwant %s", tt.doc, tt.path, got, err, want)
		}
		q.Where = store.Eq("id", i)
		wantRead(t, g, q, want)
	}
	named := query.Query{Where: store.Eq("id", 8), Select: []query.Selected{
		{Column: "doc", Path: keyPath("a").Key("b").Item(0)}, {Column: "doc", Path: itemPath(0)}, {Column: "doc", Path: keyPath("a").Text(), Cast: "text"},
	}}
	wantRead(t, g, named, `[{"b":10,"doc":null,"a":"{\"b\": [10, 20]}"}]`)
	wantCode(t, "no document", readError(t, g, query.Query{Select: []query.Selected{{Column: "text", Path: keyPath("a")}}}), "42804")
	wantCode(t, "no document in a filter", readError(t, g, query.Query{Where: store.Null("list").At(itemPath(0))}), "42804")
	wantCode(t, "no text", readError(t, g, query.Query{Where: store.Null("doc").At(keyPath("a\x00"))}), "22021")
	wantCode(t, "twice", readError(t, g, query.Query{Select: []query.Selected{{Column: "doc", Path: keyPath("a")}, {Column: "id", As: "a"}}}), "PGRST100")
}

func testDocumentPathFilters(t *testing.T, db *store.DB) {
	g := gateOf[everything](db)
	for i, doc := range []string{`{"n":9,"s":"b","l":["x","y"]}`, `{"n":10,"s":"B","l":[]}`, `{"n":9.0,"s":null,"o":{"k":1}}`, `{"n":"9"}`, `[]`} {
		if _, err := post(t, g, fmt.Sprintf(`{"id":%d,"doc":%s}`, i, doc), nil); err != nil {
			t.Fatal(err)
		}
	}
	n, s := keyPath("n"), keyPath("s")
	for _, tt := range []struct {
		cond store.Cond
		want string
	}{
		{byDoc(query.OpEq, "9").At(n.Text()), "0 3"},
		{byDoc(query.OpGt, "10").At(n.Text()), "0 2 3"},
		{byDoc(query.OpLte, "10").At(n.Text()), "1"},
		{byDoc(query.OpEq, "9").At(n), "0"},
		{byDoc(query.OpEq, `"9"`).At(n), "3"},
		{byDoc(query.OpNeq, "9").At(n), "1 2 3"},
		{store.In("doc", query.Texts{"9", "9.00", "9.0"}).At(n.Text()), "0 2 3"},
		{store.In("doc", query.Texts{"9.0", `"9"`}).At(n), "2 3"},
		{byDoc(query.OpILike, "b").At(s.Text()), "0 1"},
		{byDoc(query.OpLike, "b").At(s.Text()), "0"},
		{byDoc(query.OpMatch, "^[A-Z]$").At(s.Text()), "1"},
		{byDoc(query.OpIMatch, "^B$").At(s.Text()), "0 1"},
		{store.Null("doc").At(s), "3 4"},
		{store.Null("doc").At(s.Text()), "2 3 4"},
		{byDoc(query.OpEq, "null").At(s), "2"},
		{byDoc(query.OpDistinct, "b").At(s.Text()), "1 2 3 4"},
		{query.CompareAny("doc", query.OpEq, query.Texts{"b", "B"}).At(s.Text()), "0 1"},
		{query.CompareAll("doc", query.OpGt, query.Texts{"A", "a"}).At(s.Text()), "0"},
		{byDoc(query.OpContains, `["y"]`).At(keyPath("l")), "0"},
		{byDoc(query.OpContained, `["y","x","z"]`).At(keyPath("l")), "0 1"},
		{byDoc(query.OpContains, `{"k":1.0}`).At(keyPath("o")), "2"},
		{byDoc(query.OpEq, `{"k": 1}`).At(keyPath("o").Text()), "2"},
		{store.Not(byDoc(query.OpEq, "b").At(s.Text())), "1"},
		{store.Or(byDoc(query.OpEq, "x").At(keyPath("l").Item(0).Text()), store.Eq("id", 4)), "0 4"},
		{store.Compare("doc", query.OpEq, 9).At(n), "0"},
		{store.Compare("doc", query.OpEq, "9").At(n.Text()), "0 3"},
	} {
		var ids []string
		for _, id := range strings.Fields(tt.want) {
			ids = append(ids, `{"id":`+id+`}`)
		}
		if got, want := read(t, g, query.Query{Select: columns("id"), Where: tt.cond}), "["+strings.Join(ids, ",")+"]"; got != want {
			t.Errorf("%s: %s, want %s", tt.cond, got, want)
		}
	}
	for _, tt := range []struct {
		cond store.Cond
		code string
	}{
		{byDoc(query.OpGt, "9").At(n), "42804"},
		{byDoc(query.OpLike, "9").At(n), "42804"},
		{byDoc(query.OpContains, "9").At(n.Text()), "42804"},
		{store.Compare("doc", query.OpIsTrue, nil).At(n), "42804"},
		{byDoc(query.OpEq, "{").At(n), "22P02"},
		{store.Null("nope").At(n), "42703"},
	} {
		wantCode(t, tt.cond.String(), readError(t, g, query.Query{Where: tt.cond}), tt.code)
	}
}

func byDoc(op query.Op, operand string) store.Cond {
	return store.Compare("doc", op, store.Text(operand))
}

// testDocumentPathOrder sorts by the words, by bytes, and pages through them.
func testDocumentPathOrder(t *testing.T, db *store.DB) {
	g := gateOf[everything](db)
	var want []string
	for i := range words {
		id := len(words) - i
		want = append(want, fmt.Sprintf(`{"id":%d}`, id))
		insert(t, db, &everything{ID: int64(id), Doc: value(store.JSONOf(map[string]string{"w": words[i]}))(t)})
	}
	insert(t, db, &everything{ID: 100, Doc: `{"w":null}`}, &everything{ID: 101, Doc: `[]`})
	ascending := append(slices.Clone(want), `{"id":100}`, `{"id":101}`)
	slices.Reverse(want)
	descending := append([]string{`{"id":101}`, `{"id":100}`}, want...)
	for _, tt := range []struct {
		desc bool
		want []string
	}{{false, ascending}, {true, descending}} {
		q := query.Query{Select: columns("id"), Order: []store.Order{{Column: "doc", Path: keyPath("w").Text(), Desc: tt.desc}}}
		wantRead(t, g, q, "["+strings.Join(tt.want, ",")+"]")
		var pages []string
		for q.Limit = store.Limit(7); ; {
			var out query.Rows
			if err := g.Read(t.Context(), &q, query.ReadOptions{Page: true}, &out); err != nil {
				t.Fatal(err)
			}
			if out.Count > 0 {
				pages = append(pages, string(out.Body))
			}
			if out.Next == "" {
				break
			}
			q.After = out.Next
		}
		if got := strings.Join(pages, ","); got != strings.Join(tt.want, ",") {
			t.Errorf("desc %v: pages %s, want %s", tt.desc, got, tt.want)
		}
		q.Order[0].Path = keyPath("v").Text()
		wantCode(t, "a cursor of another path", readError(t, g, q), "PL004")
	}
	wantCode(t, "order by a document", readError(t, g, query.Query{Order: []store.Order{{Column: "doc", Path: keyPath("w")}}}), "42804")
}

func testDocumentPathCasts(t *testing.T, db *store.DB) {
	g := gateOf[everything](db)
	const refused = "22003"
	for i, tt := range []struct{ value, cast, want string }{
		{`7`, "int8", `7`},
		{`"-007"`, "int", `-7`},
		{`9223372036854775807`, "bigint", `9223372036854775807`},
		{`9223372036854775808`, "int8", refused},
		{`1.0`, "int8", refused},
		{`" 1"`, "int8", refused},
		{`"1_0"`, "int8", refused},
		{`"0x10"`, "int8", refused},
		{`true`, "int8", refused},
		{`null`, "int8", `null`},
		{`1.50`, "numeric", `1.50`},
		{`"00.50"`, "numeric", `0.50`},
		{`"-0.0"`, "numeric", `0.0`},
		{`"NaN"`, "numeric", refused},
		{`"1e5"`, "numeric", refused},
		{`1e5`, "numeric", `100000`},
		{`1e20`, "float8", `1e+20`},
		{`"-0"`, "float8", `0`},
		{`0.1`, "float8", `0.1`},
		{`1e350`, "float8", refused},
		{`"Infinity"`, "float8", refused},
		{`true`, "bool", `true`},
		{`"false"`, "boolean", `false`},
		{`"yes"`, "bool", refused},
		{`"plinth.check:x"`, "int8", refused},
		{`""`, "int8", refused},
		{`{}`, "numeric", refused},
	} {
		q := query.Query{Select: []query.Selected{{Column: "doc", Path: keyPath("a").Text(), Cast: tt.cast}}}
		body := fmt.Sprintf(`{"id":%d,"doc":{"a":%s}}`, i, tt.value)
		got, err := post(t, g, body, &q)
		if tt.want == refused {
			wantCode(t, body+" returned as "+tt.cast, err, refused)
			if _, err := post(t, g, body, nil); err != nil {
				t.Fatal(err)
			}
		} else if want := `[{"a":` + tt.want + `}]`; err != nil || got != want {
			t.Errorf("%s as %s: %s, %v, want %s", body, tt.cast, got, err, want)
		}
		q.Where = store.Eq("id", i)
		if tt.want == refused {
			wantCode(t, body+" as "+tt.cast, readError(t, g, q), refused)
			continue
		}
		wantRead(t, g, q, `[{"a":`+tt.want+`}]`)
	}
	for cast, code := range map[string]string{"date": "42846", "uuid": "42846", "jsonb": "42846", "nope": "42704"} {
		q := query.Query{Select: []query.Selected{{Column: "doc", Path: keyPath("a").Text(), Cast: cast}}}
		wantCode(t, cast, readError(t, g, q), code)
	}
	q := query.Query{Select: []query.Selected{{Column: "doc", Path: keyPath("a"), Cast: "int8"}}}
	wantCode(t, "a document as number", readError(t, g, q), "42846")
}
