package conformance_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// casts are what a value of each kind is as text, or in another kind; the same
// text in a root, in an embed and in the answer of a write.
var casts = []struct{ column, cast, in, out string }{
	{"text", "text", `"a\"b"`, `"a\"b"`},
	{"yes", "text", `true`, `"true"`},
	{"yes", "int", `true`, `1`},
	{"int", "text", `-5`, `"-5"`},
	{"int", "numeric", `7`, `7`},
	{"float", "text", `1e20`, `"1e+20"`},
	{"dec", "text", `1.50`, `"1.50"`},
	{"at", "text", `"2024-01-02T03:04:05Z"`, `"2024-01-02T03:04:05.000000+00:00"`},
	{"at", "date", `"2024-01-02T23:04:05-03:00"`, `"2024-01-03"`},
	{"day", "text", `"2024-01-02"`, `"2024-01-02"`},
	{"uid", "text", `"00000000-0000-0000-0000-00000000000A"`, `"00000000-0000-0000-0000-00000000000a"`},
	{"bytes", "text", `"\\xDE"`, `"\\xde"`},
	{"doc", "text", `{"b": "x", "a": 1.50}`, `"{\"a\":1.50,\"b\":\"x\"}"`},
	{"doc", "text", `"s"`, `"\"s\""`},
}

func testCasts(t *testing.T, db *store.DB) {
	g := gateOf[everything](db)
	for i, tt := range casts {
		for j, column := range []string{tt.column, "n_" + tt.column} {
			id := decimalText(int64(2*i + j))
			ret := query.Query{Select: []query.Selected{{Column: column, As: "v", Cast: tt.cast}}}
			want := `[{"v":` + tt.out + `}]`
			if got, err := post(t, g, `{"id":`+id+`,"`+column+`":`+tt.in+`}`, &ret); err != nil || got != want {
				t.Errorf("insert %s as %s: %s, %v, want %s", column, tt.cast, got, err, want)
			}
			ret.Where = store.Compare("id", query.OpEq, store.Text(id))
			wantRead(t, g, ret, want)
			if j == 1 {
				continue
			}
			ret.Select[0].Column = "n_" + tt.column
			wantRead(t, g, ret, `[{"v":null}]`)
		}
	}
}
