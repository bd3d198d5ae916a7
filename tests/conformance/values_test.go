package conformance_test

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// everything has a column of every kind, once not null and once nullable.
type everything struct {
	bun.BaseModel `bun:"table:everything"`
	store.Untracked
	ID     int64  `bun:",pk"`
	Text   string `bun:",notnull"`
	Yes    bool   `bun:",notnull"`
	Int    int64  `bun:",notnull"`
	Small  int16  `bun:",notnull"`
	Float  float64
	Dec    store.Decimal
	At     time.Time
	Day    store.Date
	Uid    store.ID
	Bytes  []byte
	Doc    store.JSON
	List   []string `bun:",array"`
	NText  *string
	NYes   *bool
	NInt   *int64
	NFloat *float64
	NDec   *store.Decimal
	NAt    *time.Time
	NDay   *store.Date
	NUid   *store.ID
	NBytes *[]byte
	NDoc   *store.JSON
	NList  *[]string `bun:",array"`
}

// roundTrips are values as a client sends them and as every engine answers.
var roundTrips = []struct{ column, in, out string }{
	{"text", `""`, `""`},
	{"text", `"plain"`, `"plain"`},
	{"text", `"it's \"quoted\" \\ / $1 ?1 :x %_ -- /* */"`, `"it's \"quoted\" \\ / $1 ?1 :x %_ -- /* */"`},
	{"text", `"\b\f\n\r\t\u0001\u001f\u007f"`, `"\b\f\n\r\t\u0001\u001f` + "\x7f" + `"`},
	{"text", `"<>& \u2028\u00e4\ud83d\ude00\ufeff"`, "\"<>& \u2028ä😀\ufeff\""},
	{"text", `"` + strings.Repeat("ä", 70000) + `"`, `"` + strings.Repeat("ä", 70000) + `"`},
	{"yes", `true`, `true`},
	{"yes", `false`, `false`},
	{"int", `0`, `0`},
	{"int", `-9223372036854775808`, `-9223372036854775808`},
	{"int", `9223372036854775807`, `9223372036854775807`},
	{"int", `"9007199254740993"`, `9007199254740993`},
	{"float", `0`, `0`},
	{"float", `-0.0`, `0`},
	{"float", `1.0`, `1`},
	{"float", `0.1`, `0.1`},
	{"float", `-2.5`, `-2.5`},
	{"float", `123456789012345`, `123456789012345`},
	{"float", `1e15`, `1e+15`},
	{"float", `1e20`, `1e+20`},
	{"float", `0.0001`, `0.0001`},
	{"float", `0.00001`, `1e-05`},
	{"float", `5e-324`, `5e-324`},
	{"float", `1.7976931348623157e308`, `1.7976931348623157e+308`},
	{"float", `2.676e22`, `2.676e+22`},
	{"dec", `0`, `0`},
	{"dec", `1.50`, `1.50`},
	{"dec", `"-12.340"`, `-12.340`},
	{"dec", `12345678901234567890123456789012345678.90`, `12345678901234567890123456789012345678.90`},
	{"dec", `0.000000000000000000001`, `0.000000000000000000001`},
	{"at", `"1970-01-01T00:00:00Z"`, `"1970-01-01T00:00:00.000000+00:00"`},
	{"at", `"2024-02-29T23:59:59.123456+02:00"`, `"2024-02-29T21:59:59.123456+00:00"`},
	{"at", `"0001-01-01T00:00:00Z"`, `"0001-01-01T00:00:00.000000+00:00"`},
	{"at", `"9999-12-31T23:59:59.999999Z"`, `"9999-12-31T23:59:59.999999+00:00"`},
	{"at", `"1899-12-31T23:59:59.000001Z"`, `"1899-12-31T23:59:59.000001+00:00"`},
	{"day", `"2024-02-29"`, `"2024-02-29"`},
	{"day", `"0001-01-01"`, `"0001-01-01"`},
	{"day", `"9999-12-31"`, `"9999-12-31"`},
	{"uid", `"00000000-0000-0000-0000-000000000000"`, `"00000000-0000-0000-0000-000000000000"`},
	{"uid", `"FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF"`, `"ffffffff-ffff-4fff-bfff-ffffffffffff"`},
	{"bytes", `"\\x"`, `"\\x"`},
	{"bytes", `"\\x00DEadff"`, `"\\x00deadff"`},
	{"doc", `{}`, `{}`},
	{"doc", `[1, "a", {"b": [ ]}]`, `[1,"a",{"b":[]}]`},
	{"doc", `{"bb":1,"a":2,"ab":3,"é":"\u00e9"}`, `{"a":2,"ab":3,"bb":1,"é":"é"}`},
	{"doc", `[1e5, 1.50, -0.0, 100]`, `[100000,1.50,0.0,100]`},
	{"doc", `"text"`, `"text"`},
	{"list", `[]`, `[]`},
	{"list", `["a","","b,c","{\"x\"}","\\","NULL","ä😀"]`, `["a","","b,c","{\"x\"}","\\","NULL","ä😀"]`},
}

// refusals are values no engine takes, with the code of the error.
var refusals = []struct{ column, in, code string }{
	{"text", `"a\u0000b"`, "PGRST102"},
	{"text", `1`, "22P02"},
	{"yes", `"true"`, "22P02"},
	{"yes", `1`, "22P02"},
	{"int", `9223372036854775808`, "22003"},
	{"int", `1.5`, "22P02"},
	{"int", `true`, "22P02"},
	{"small", `32768`, "22003"},
	{"float", `1e390`, "22003"},
	{"float", `"1.5"`, "22P02"},
	{"dec", `"NaN"`, "22P02"},
	{"dec", `"1,5"`, "22P02"},
	{"at", `"infinity"`, "22007"},
	{"at", `"2024-02-30T00:00:00Z"`, "22008"},
	{"at", `12`, "22P02"},
	{"day", `"2023-02-29"`, "22008"},
	{"day", `"yesterday"`, "22007"},
	{"uid", `"not-a-uuid"`, "22P02"},
	{"bytes", `"dead"`, "22P02"},
	{"list", `[1]`, "22P02"},
	{"list", `[null]`, "22P02"},
	{"list", `"{}"`, "22P02"},
}

func valueTopics() []topic {
	return []topic{
		{"Values", []any{everything{}}, store.Options{}, testValues},
		{"ValuesInGo", []any{everything{}}, store.Options{}, testValuesInGo},
		{"Casts", []any{everything{}}, store.Options{}, testCasts},
		{"Absent", []any{everything{}, defaults{}}, store.Options{}, testAbsent},
	}
}

func testValues(t *testing.T, db *store.DB) {
	g := gateOf[everything](db)
	for i, tt := range roundTrips {
		for j, column := range []string{tt.column, "n_" + tt.column} {
			id := strconv.Itoa(2*i + j)
			ret := &query.Query{Select: columns(column)}
			want := fmt.Sprintf(`[{%q:%s}]`, column, tt.out)
			got, err := post(t, g, fmt.Sprintf(`{"id":%s,%q:%s}`, id, column, tt.in), ret)
			if err != nil || got != want {
				t.Errorf("insert %s %.60s = %.80s, %v, want %.80s", column, tt.in, got, err, want)
				continue
			}
			ret.Where = store.Compare("id", query.OpEq, store.Text(id))
			wantRead(t, g, *ret, want)
			if db.Table(everything{}).Column(column).Kind != store.KindJSON {
				ret.Where = store.And(ret.Where, store.In(column, query.Texts{operandText(tt.out)}))
				wantRead(t, g, *ret, want)
			}
		}
	}
	for _, tt := range refusals {
		_, err := post(t, g, fmt.Sprintf(`{"id":-1,%q:%s}`, tt.column, tt.in), nil)
		wantCode(t, tt.column+" "+tt.in, err, tt.code)
	}
	if n := value(store.For[everything](db).Count(t.Context(), store.Eq("id", -1)))(t); n != 0 {
		t.Errorf("%d rows with refused values", n)
	}
}

// operandText turns canonical JSON into the text of an operand.
func operandText(raw string) string {
	if strings.HasPrefix(raw, "[") {
		return strings.NewReplacer("[", "{", "]", "}").Replace(raw) // text arrays quote like JSON here
	}
	if s, err := strconv.Unquote(raw); err == nil && strings.HasPrefix(raw, `"`) {
		return s
	}
	return raw
}

// testValuesInGo writes and reads structs.
func testValuesInGo(t *testing.T, db *store.DB) {
	repo := store.For[everything](db)
	id := store.NewID()
	dec := value(store.ParseDecimal("-7.70"))(t)
	at := time.Date(2024, 12, 31, 23, 59, 59, 987654321, time.FixedZone("x", -3600))
	full := everything{
		ID: 1, Text: "ß", Yes: true, Int: -1, Small: -32768, Float: 1.5e-7, Dec: dec, At: at, Day: store.NewDate(2000, 2, 29),
		Uid: id, Bytes: []byte{0, 255}, Doc: `{"k":[1,2]}`, List: []string{"x", "y z"},
		NText: new(""), NYes: new(false), NInt: new(int64(0)), NFloat: new(0.0), NDec: &dec, NAt: &at, NDay: new(store.Date{}),
		NUid: &id, NBytes: new([]byte{}), NDoc: new(store.JSON("[]")), NList: new([]string{}),
	}
	empty := everything{ID: 2}
	insert(t, db, &full, &empty)
	cut := at.UTC().Truncate(time.Microsecond)
	full.At, full.NAt = cut, &cut
	empty.Bytes, empty.List = []byte{}, []string{}
	for _, want := range []everything{full, empty} {
		got := value(repo.Get(t.Context(), want.ID))(t)
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("row %d\n got %+v\nwant %+v", want.ID, *got, want)
		}
	}
}
