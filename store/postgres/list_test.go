package postgres

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// TestLists binds lists with NULLs, as a bulk insert does, and reads back what
// the server makes of them.
func TestLists(t *testing.T) {
	t.Parallel()

	d := openTest(t, nil)
	for _, tt := range []struct {
		cast, want string
		list       any
	}{
		{"text", `["a,b","","NULL","null",null,"{\"\\}","a b","\t\n'"]`, []any{"a,b", "", "NULL", "null", nil, `{"\}`, "a b", "\t\n'"}},
		{"text", `[]`, []any{}},
		{"text", `[null]`, []any{nil}},
		{"text", `["NULL"," "]`, []string{"NULL", " "}},
		{"uuid", `["00112233-4455-6677-8899-aabbccddeeff",null]`, []any{"00112233-4455-6677-8899-aabbccddeeff", nil}},
		{"bigint", `["-9223372036854775808","9223372036854775807",null]`, []any{int64(-9223372036854775808), int64(9223372036854775807), nil}},
		{"bigint", `["7","-8"]`, []int64{7, -8}},
		{"int", `["7","-8"]`, []int64{7, -8}},
		{"uuid", `["00112233-4455-6677-8899-aabbccddeeff"]`, []string{"00112233445566778899AABBCCDDEEFF"}}, // by pgx
		{"boolean", `["true","false",null]`, []any{true, false, nil}},
		{"double precision", `["-2.5e-09","0.1","1e+300"]`, []any{-2.5e-9, 0.1, 1e300}},
		{"numeric", `["12345678901234567890.1200","0.5"]`, []any{"12345678901234567890.1200", "0.5"}},
		{"date", `["2026-11-20"]`, []any{"2026-11-20"}},
		{"bytea", `["\\x00ff","\\x",null]`, []any{[]byte{0, 255}, []byte{}, nil}},
		{"jsonb", `["{\"a\": [1, \"x \\\"y\"]}","null",null]`, []any{`{"a":[1,"x \"y"]}`, "null", nil}},
		{"timestamptz", `["2026-11-20 07:28:22.123456+00","0001-01-01 00:00:00+00"]`, []any{
			time.Date(2026, 11, 20, 8, 28, 22, 123456000, time.FixedZone("", 3600)), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
		}},
	} {
		s := &driver.Statement{SQL: "select ($1::" + tt.cast + "[])::text[]", Args: []any{tt.list}, Shape: one(driver.KindTextArray)}
		if got, want := mustQuery(t, d, nil, s), `{"v":`+tt.want+`}`; got != want {
			t.Errorf("%s: got %s, want %s", tt.cast, got, want)
		}
	}
	null := &driver.Statement{SQL: "select $1::text[] is null", Args: []any{[]string(nil)}, Shape: one(driver.KindBool)}
	if got := mustQuery(t, d, nil, null); got != `{"v":true}` {
		t.Errorf("a nil list: got %s", got)
	}
}

// FuzzList reads lists of texts with pgx's parser of arrays.
func FuzzList(f *testing.F) {
	for _, seed := range []string{"", "a", "a|b", `"|\|{|}|,|NULL|null`, "é|\n|\x01| ", `\"||\\`} {
		f.Add(seed)
	}
	types := pgtype.NewMap()
	f.Fuzz(func(t *testing.T, joined string) {
		list := strings.Split(joined, "|")
		var a arguments
		if err := a.encode(types, []uint32{pgtype.TextArrayOID}, []any{list}); err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := types.Scan(pgtype.TextArrayOID, a.formats[0], a.values[0], &got); err != nil {
			t.Fatalf("%q: %v", a.values[0], err)
		}
		if !slices.Equal(got, list) {
			t.Errorf("%q: got %q, want %q", a.values[0], got, list)
		}
	})
}
