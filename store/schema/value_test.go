package schema_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// wantValueError checks the code of a refused value.
func wantValueError(t *testing.T, what string, err error, code string) {
	t.Helper()
	var e *fault.ValueError
	if !errors.As(err, &e) || problem.Code(e) != code {
		t.Errorf("%s: %v, want a ValueError with code %s", what, err, code)
	}
}

func TestParseText(t *testing.T) {
	t.Parallel()
	table := tableFor(t, everything{})
	at := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	cases := []struct {
		column, text string
		want         any
	}{
		{"text", "", ""},
		{"color", "red", "red"},
		{"bool", "TRUE", true},
		{"bool", "n", false},
		{"bool", "on", true},
		{"bool", "of", false},
		{"int64", "-9223372036854775808", int64(math.MinInt64)},
		{"int8", "-128", int64(-128)},
		{"uint32", "4294967295", int64(math.MaxUint32)},
		{"float64", "1e3", 1000.0},
		{"float64", "-0", 0.0},
		{"float32", "0.1", 0.1},
		{"decimal", "+01.50", "1.50"},
		{"numeric", "1e2", "100"},
		{"time", "2024-02-29T02:00:00+02:00", at},
		{"time", "2024-02-29", at},
		{"day", "2024-02-29T10:00:00Z", "2024-02-29"},
		{"id", strings.ToUpper(sampleUUID), sampleUUID},
		{"uuid_text", sampleUUID, sampleUUID},
		{"bytes", `\xDEAD`, []byte{0xde, 0xad}},
		{"json", ` {"bb": 1e2, "a": 2} `, `{"a":2,"bb":100}`},
		{"tags", `{}`, []string{}},
		{"tags", `{a, b c ,"d\"e","f,g","NULL",""}`, []string{"a", "b c", `d"e`, "f,g", "NULL", ""}},
		{"percent", "50", int64(50)},
		{"ptr_text", "x", "x"},
		{"opt_int", "-1", int64(-1)},
	}
	for _, c := range cases {
		got, err := table.Column(c.column).ParseText(c.text)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %q = %#v, %v, want %#v", c.column, c.text, got, err, c.want)
		}
	}
}

func TestParseTextRefuses(t *testing.T) {
	t.Parallel()
	table := tableFor(t, everything{})
	cases := []struct {
		column, code string
		texts        []string
	}{
		{"text", "22021", []string{"a\x00b", "\xff"}},
		{"bool", "22P02", []string{"", "o", "truex", "2", "null"}},
		{"int64", "22P02", []string{"", "abc", "1.0", "0x10", " 1"}},
		{"int64", "22003", []string{"9223372036854775808"}},
		{"int8", "22003", []string{"128", "-129"}},
		{"uint32", "22003", []string{"-1", "4294967296"}},
		{"float64", "22P02", []string{"", "NaN", "Infinity", "0x1p2"}},
		{"float64", "22003", []string{"1e999"}},
		{"float32", "22003", []string{"1e39", "1e-60"}},
		{"decimal", "22P02", []string{"", "NaN", "1,5"}},
		{"decimal", "22003", []string{"1e999"}},
		{"time", "22007", []string{"", "now", "infinity", "yesterday"}},
		{"time", "22008", []string{"2024-02-30", "2024-02-29T25:00:00Z"}},
		{"day", "22007", []string{"", "today"}},
		{"day", "22008", []string{"2023-02-29"}},
		{"id", "22P02", []string{"", "1", sampleUUID + "0"}},
		{"bytes", "22P02", []string{"", "dead", `\xz0`}},
		{"json", "22P02", []string{"", "{", "nul", `"\u0000"`}},
		{"tags", "22P02", []string{"", "a", "{", "{a,}", "{,a}", "{NULL}", `{a"b}`, `{"a"b}`, `{"a}`, `{"a\`, "{{a}}"}},
	}
	for _, c := range cases {
		for _, text := range c.texts {
			_, err := table.Column(c.column).ParseText(text)
			wantValueError(t, c.column+" "+text, err, c.code)
		}
	}
}

func TestParseJSON(t *testing.T) {
	t.Parallel()
	table := tableFor(t, everything{})
	cases := []struct {
		column, raw string
		want        any
	}{
		{"text", `"a\u00e9\n"`, "aé\n"},
		{"text", ` "a" `, "a"},
		{"text", `null`, nil},
		{"bool", `true`, true},
		{"int64", `9223372036854775807`, int64(math.MaxInt64)},
		{"int64", `"9223372036854775807"`, int64(math.MaxInt64)},
		{"float64", `1e400`[:3], 1e4},
		{"decimal", `1.50`, "1.50"},
		{"decimal", `"1.50"`, "1.50"},
		{"time", `"2024-02-29T12:00:00.5Z"`, time.Date(2024, 2, 29, 12, 0, 0, 500_000_000, time.UTC)},
		{"day", `"2024-02-29"`, "2024-02-29"},
		{"id", `"` + sampleUUID + `"`, sampleUUID},
		{"bytes", `"\\xdead"`, []byte{0xde, 0xad}},
		{"json", `{"b":[ 1 ],"a":"x"}`, `{"a":"x","b":[1]}`},
		{"json", `"text"`, `"text"`},
		{"tags", `["a","\""]`, []string{"a", `"`}},
		{"tags", `[]`, []string{}},
	}
	for _, c := range cases {
		got, err := table.Column(c.column).ParseJSON([]byte(c.raw))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %s = %#v, %v, want %#v", c.column, c.raw, got, err, c.want)
		}
	}
	refused := []struct {
		column, code string
		raws         []string
	}{
		{"text", "22P02", []string{"1", "true", "{}", "[]", ""}},
		{"bool", "22P02", []string{`"true"`, "1", "{}"}},
		{"int64", "22P02", []string{"1.0", "1e3", "true", `"x"`, `""`, "[]"}},
		{"int8", "22003", []string{"128", `"128"`}},
		{"float64", "22P02", []string{`"1"`, "true"}},
		{"float64", "22003", []string{"1e999"}},
		{"decimal", "22P02", []string{"true", `"x"`, "{}"}},
		{"time", "22P02", []string{"1709208000", "{}"}},
		{"time", "22007", []string{`"soon"`}},
		{"id", "22P02", []string{`"x"`, "1"}},
		{"bytes", "22P02", []string{`"3q0="`, "[1]"}},
		{"tags", "22P02", []string{`"a"`, `[1]`, `[null]`, `{}`}},
	}
	for _, c := range refused {
		for _, raw := range c.raws {
			_, err := table.Column(c.column).ParseJSON([]byte(raw))
			wantValueError(t, c.column+" "+raw, err, c.code)
		}
	}
}

func TestParseValue(t *testing.T) {
	t.Parallel()
	table := tableFor(t, everything{})
	id, at := sampleID(), time.Date(2024, 2, 29, 12, 0, 0, 1_999, time.FixedZone("", 3600))
	utc := time.Date(2024, 2, 29, 11, 0, 0, 1_000, time.UTC)
	five := 5
	cases := []struct {
		column string
		value  any
		want   any
	}{
		{"text", "a", "a"},
		{"text", color("a"), "a"},
		{"text", (*string)(nil), nil},
		{"text", nil, nil},
		{"color", "red", "red"},
		{"int64", 5, int64(5)},
		{"int64", &five, int64(5)},
		{"int64", uint64(7), int64(7)},
		{"int8", int64(-128), int64(-128)},
		{"uint32", 1, int64(1)},
		{"float64", float32(0.1), 0.1},
		{"float64", 3, 3.0},
		{"float32", 0.1, 0.1},
		{"decimal", decimalOf("1.50"), "1.50"},
		{"decimal", 5, "5"},
		{"decimal", "01.0", "1.0"},
		{"time", at, utc},
		{"time", &at, utc},
		{"time", "2024-02-29T12:00:00.000001+01:00", utc},
		{"day", at, "2024-02-29"},
		{"day", store.NewDate(2024, 2, 29), "2024-02-29"},
		{"day_time", store.NewDate(2024, 2, 29), "2024-02-29"},
		{"id", id, sampleUUID},
		{"id", [16]byte(id), sampleUUID},
		{"id", guid(id), sampleUUID},
		{"id", strings.ToUpper(sampleUUID), sampleUUID},
		{"ptr_id", id, sampleUUID},
		{"text", id, sampleUUID},
		{"bytes", []byte{1}, []byte{1}},
		{"json", store.JSON(`{"b": 1}`), `{"b":1}`},
		{"json", map[string]any{"a": nil}, `{"a":null}`},
		{"json", "text", `"text"`},
		{"raw", store.JSON(`{"b": 1}`), `{"b":1}`},
		{"raw", sql.Null[store.JSON]{V: "1", Valid: true}, "1"},
		{"raw", sql.Null[store.JSON]{}, nil},
		{"text", sql.Null[color]{V: "a", Valid: true}, "a"},
		{"struct", point{1, 2}, `{"X":1,"Y":2}`},
		{"tags", []string{"a"}, []string{"a"}},
		{"percent", percent(0.25), int64(25)},
		{"percent", 25, int64(25)},
		{"opt_string", sql.NullString{String: "x", Valid: true}, "x"},
		{"opt_string", sql.NullString{}, nil},
		{"opt_string", "x", "x"},
		{"opt_int", sql.Null[int32]{V: 3, Valid: true}, int64(3)},
		{"nz_int", 0, int64(0)},
	}
	for _, c := range cases {
		got, err := table.Column(c.column).ParseValue(c.value)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %T %v = %#v, %v, want %#v", c.column, c.value, c.value, got, err, c.want)
		}
	}
	for _, c := range []struct {
		column string
		value  any
		code   string
	}{
		{"text", 5, "22P02"},
		{"bool", "true", "22P02"},
		{"int64", "5", "22P02"},
		{"int64", 1.5, "22P02"},
		{"int64", uint64(math.MaxUint64), "22003"},
		{"int8", 128, "22003"},
		{"float64", math.NaN(), "22003"},
		{"float32", 1e39, "22003"},
		{"decimal", 1.5, "22P02"},
		{"time", 5, "22P02"},
		{"time", time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), "22008"},
		{"id", 5, "22P02"},
		{"id", "x", "22P02"},
		{"bytes", "x", "22P02"},
		{"json", json.RawMessage("{"), "22P02"},
		{"tags", []string{"\x00"}, "22021"},
		{"percent", percent(-1), "22P02"},
	} {
		_, err := table.Column(c.column).ParseValue(c.value)
		wantValueError(t, c.column, err, c.code)
	}
}

func TestParseSetZeroIsNull(t *testing.T) {
	t.Parallel()
	table := tableFor(t, everything{})
	for column, value := range map[string]any{"nz_int": 0, "nz_time": time.Time{}, "nz_json": store.JSON("")} {
		if got, err := table.Column(column).ParseSet(value); err != nil || got != nil {
			t.Errorf("%s = %v, %v, want NULL", column, got, err)
		}
	}
	for column, value := range map[string]any{"nz_int": 1, "int64": 0, "ptr_text": ""} {
		if got, err := table.Column(column).ParseSet(value); err != nil || got == nil {
			t.Errorf("%s = %v, %v", column, got, err)
		}
	}
}

func TestParseList(t *testing.T) {
	t.Parallel()
	table := tableFor(t, everything{})
	x := "x"
	for _, c := range []struct {
		column string
		values any
		want   any
	}{
		{"text", []string{"a", "b"}, []string{"a", "b"}},
		{"text", []*string{&x, nil}, []string{"x"}},
		{"int64", []int{1, 2}, []int64{1, 2}},
		{"int64", [2]int{1, 2}, []int64{1, 2}},
		{"int64", []any{1, nil, int8(2)}, []int64{1, 2}},
		{"id", []store.ID{sampleID()}, []string{sampleUUID}},
		{"bool", []bool{true}, []bool{true}},
		{"float64", []float64{}, []float64{}},
	} {
		got, err := table.Column(c.column).ParseList(c.values)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %v = %#v, %v, want %#v", c.column, c.values, got, err, c.want)
		}
	}
	for column, values := range map[string]any{"int64": []any{"x"}, "text": "x", "id": nil} {
		_, err := table.Column(column).ParseList(values)
		wantValueError(t, column, err, "22P02")
	}
}

func TestCompareValues(t *testing.T) {
	t.Parallel()
	early, late := time.Unix(0, 0).UTC(), time.Unix(0, 1000).UTC()
	for _, c := range []struct {
		kind driver.Kind
		a, b any
		want int
	}{
		{driver.KindText, "B", "a", -1},
		{driver.KindText, "é", "z", 1}, // by bytes
		{driver.KindBool, false, true, -1},
		{driver.KindBool, true, true, 0},
		{driver.KindInt, int64(-1), int64(1), -1},
		{driver.KindFloat, 0.5, 0.25, 1},
		{driver.KindDecimal, "10", "9", 1},
		{driver.KindDecimal, "1.5", "1.50", 0},
		{driver.KindDecimal, "-2", "-1.9", -1},
		{driver.KindTimestamp, early, late, -1},
		{driver.KindDate, "2024-02-29", "2024-03-01", -1},
		{driver.KindBytes, []byte{1}, []byte{1, 0}, -1},
		{driver.KindUUID, nilUUID, sampleUUID, -1},
		{driver.KindJSON, "{}", "{}", 0},
		{driver.KindTextArray, []string{"a"}, []string{"a"}, 0},
	} {
		if got := value.CompareValues(c.kind, c.a, c.b); got != c.want {
			t.Errorf("%s: %v against %v is %d, want %d", c.kind, c.a, c.b, got, c.want)
		}
		if got := value.CompareValues(c.kind, c.b, c.a); got != -c.want {
			t.Errorf("%s: %v against %v is %d, want %d", c.kind, c.b, c.a, got, -c.want)
		}
	}
}

func TestValueErrorTexts(t *testing.T) {
	t.Parallel()
	type row struct {
		Small  int16
		Big    int64
		Day    time.Time
		Hidden int32      `plinth:"hidden"`
		Secret store.JSON `plinth:"secret"`
	}
	table := tableFor(t, row{})
	for _, c := range []struct{ column, text, want string }{
		{"small", "abc", `invalid input syntax for type smallint: "abc"`},
		{"big", "abc", `invalid input syntax for type bigint: "abc"`},
		{"big", "9223372036854775808", `value is out of range for type bigint: "9223372036854775808"`},
		{"big", strings.Repeat("é", 65), `invalid input syntax for type bigint: "` + strings.Repeat("é", 64) + `..."`},
		{"big", "\xff", "invalid input syntax for type bigint: \"\uFFFD\""},
		{"day", "soon", `invalid input syntax for type timestamp with time zone: "soon"`},
		{"day", "2024-02-30", `date/time field value out of range: "2024-02-30"`},
		{"hidden", "s3cret", `invalid input syntax for type integer`},
		{"secret", "s3cret", `invalid input syntax for type json`},
	} {
		_, err := table.Column(c.column).ParseText(c.text)
		var e *fault.ValueError
		if !errors.As(err, &e) || e.Reason != c.want || e.Column != c.column {
			t.Errorf("%s %q: %v, want %s", c.column, c.text, err, c.want)
		}
	}
}

// FuzzValues feeds text and JSON to every kind. What is accepted has one JSON
// form, which reads back as the same value and survives a Go field.
func FuzzValues(f *testing.F) {
	table := tableFor(f, everything{})
	_, columns := sample()
	for _, raw := range columns {
		f.Add(raw)
	}
	for _, text := range []string{"2024-02-29 12:00", "1e3", `{a,"b"}`, `\xdead`, sampleUUID, "on"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range table.Columns {
			if v, err := c.ParseText(text); err == nil {
				checkRoundTrip(t, c, v)
			}
			// ParseJSON is promised JSON that strictjson has accepted.
			if _, err := value.CanonicalJSON([]byte(text)); err != nil {
				continue
			}
			if v, err := c.ParseJSON([]byte(text)); err == nil && v != nil {
				checkRoundTrip(t, c, v)
			}
		}
	})
}

func checkRoundTrip(t *testing.T, c *schema.Column, v any) {
	t.Helper()
	raw := value.AppendValue(nil, c.Kind, v)
	if c.Kind == driver.KindJSON && string(raw) == "null" {
		return // on the way back that is NULL
	}
	back, err := c.ParseJSON(raw)
	if err != nil || !reflect.DeepEqual(back, v) {
		t.Fatalf("%s: %#v is %s, which is %#v, %v", c.Name, v, raw, back, err)
	}
	if c.Kind == driver.KindJSON && !strings.HasSuffix(c.Name, "json") {
		return // typed documents take only what fits them
	}
	var row everything
	field := c.FieldOf(reflect.ValueOf(&row).Elem())
	if err := c.GoType.Decode(raw, field); err != nil {
		t.Fatalf("%s: decoding %s: %v", c.Name, raw, err)
	}
	if c.GoType.NullZero && field.IsZero() || c.Name == "percent" || c.Name == "ptr_percent" {
		return // zero became NULL; the codec of percent takes no negative number
	}
	if got, err := c.GoType.Get(field); err != nil || !reflect.DeepEqual(got, v) {
		t.Fatalf("%s: %#v came back from Go as %#v, %v", c.Name, v, got, err)
	}
}
