package schema_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

// tableFor returns the table of a model.
func tableFor(t testing.TB, model any) *schema.Table {
	t.Helper()
	db := storetest.New(t)
	if err := db.Register(model); err != nil {
		t.Fatal(err)
	}
	return db.Table(model)
}

// decimalOf returns a decimal number with its scale.
func decimalOf(text string) store.Decimal {
	d, err := store.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

type color string

type moment time.Time

// guid stands for the UUID types of other libraries.
type guid [16]byte

func (g guid) MarshalText() ([]byte, error) { return store.ID(g).MarshalText() }

type point struct {
	X, Y int
}

// percent is a type with a codec: a fraction kept as integer.
type percent float64

func (p percent) ColumnKind() driver.Kind { return driver.KindInt }

func (p percent) EncodeColumn() (any, error) {
	if p < 0 {
		return nil, errors.New("negative percentage")
	}
	return int64(math.Round(float64(p) * 100)), nil
}

func (p *percent) DecodeColumn(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("no percentage: %v", value)
	}
	*p = percent(n) / 100
	return nil
}

// everything has a field of every type a column can come from.
type everything struct {
	ID       store.ID `bun:",pk"`
	Text     string
	Color    color
	Bool     bool
	Int8     int8
	Int64    int64
	Uint32   uint32
	Float32  float32
	Float64  float64
	Decimal  store.Decimal
	Numeric  string `bun:"type:numeric"`
	Time     time.Time
	Day      store.Date
	DayTime  time.Time `bun:"type:date"`
	DayText  string    `bun:"type:date"`
	UUID     [16]byte
	Guid     guid
	UUIDText string `bun:"type:uuid"`
	Bytes    []byte
	JSON     store.JSON
	Raw      json.RawMessage
	Map      map[string]int `bun:"type:jsonb"`
	Struct   point          `bun:"type:json"`
	Points   []point        `bun:"type:jsonb"`
	Any      any            `bun:"type:jsonb"`
	Tags     []string       `bun:",array"`
	Percent  percent

	PtrText    *string
	PtrTime    *time.Time
	PtrID      *store.ID
	PtrPercent *percent
	OptString  sql.NullString
	OptTime    sql.NullTime
	OptInt     sql.Null[int32]
	OptJSON    sql.Null[store.JSON]
	NzInt      int64      `bun:",nullzero"`
	NzTime     time.Time  `bun:",nullzero"`
	NzJSON     store.JSON `bun:",nullzero"`
}

const (
	sampleUUID = "0190163d-8694-739b-aea5-966c26f8ad91"
	nilUUID    = "00000000-0000-0000-0000-000000000000"
)

func sampleID() store.ID {
	id, err := store.ParseID(sampleUUID)
	if err != nil {
		panic(err)
	}
	return id
}

// sample is a row as it reads back, and the JSON of its columns.
func sample() (everything, map[string]string) {
	id := sampleID()
	at := time.Date(2024, 2, 29, 12, 34, 56, 123_456_000, time.UTC)
	text := "a\"\\\n\u2028é"
	half := percent(0.5)
	row := everything{
		ID: id, Text: text, Color: "red", Bool: true, Int8: -128, Int64: math.MaxInt64, Uint32: math.MaxUint32, Float32: 0.1, Float64: 1e20,
		Decimal: decimalOf("1.50"), Numeric: "-0.10", Time: at, Day: store.NewDate(2024, 2, 29), DayTime: time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), DayText: "2024-02-29",
		UUID: id, Guid: guid(id), UUIDText: sampleUUID, Bytes: []byte{0xde, 0xad}, JSON: `{"a":1,"bb":[null]}`, Raw: json.RawMessage(`[1.50]`),
		Map: map[string]int{"bb": 2, "a": 1}, Struct: point{1, 2}, Points: []point{{3, 4}}, Any: map[string]any{"k": "v"}, Tags: []string{"x,y", `"`}, Percent: half,
		PtrText: &text, PtrTime: &at, PtrID: &id, PtrPercent: &half, OptString: sql.NullString{String: "", Valid: true}, OptTime: sql.NullTime{Time: at, Valid: true},
		OptInt: sql.Null[int32]{V: -7, Valid: true}, OptJSON: sql.Null[store.JSON]{V: "[]", Valid: true}, NzInt: 5, NzTime: at, NzJSON: "false",
	}
	const quotedText, quotedTime = `"a\"\\\n` + "\u2028é" + `"`, `"2024-02-29T12:34:56.123456+00:00"`
	return row, map[string]string{
		"id": `"` + sampleUUID + `"`, "text": quotedText, "color": `"red"`, "bool": "true", "int8": "-128", "int64": "9223372036854775807", "uint32": "4294967295",
		"float32": "0.1", "float64": "1e+20", "decimal": "1.50", "numeric": "-0.10", "time": quotedTime, "day": `"2024-02-29"`, "day_time": `"2024-02-29"`, "day_text": `"2024-02-29"`,
		"uuid": `"` + sampleUUID + `"`, "guid": `"` + sampleUUID + `"`, "uuid_text": `"` + sampleUUID + `"`, "bytes": `"\\xdead"`, "json": `{"a":1,"bb":[null]}`, "raw": "[1.50]",
		"map": `{"a":1,"bb":2}`, "struct": `{"X":1,"Y":2}`, "points": `[{"X":3,"Y":4}]`, "any": `{"k":"v"}`, "tags": `["x,y","\""]`, "percent": "50",
		"ptr_text": quotedText, "ptr_time": quotedTime, "ptr_id": `"` + sampleUUID + `"`, "ptr_percent": "50", "opt_string": `""`, "opt_time": quotedTime,
		"opt_int": "-7", "opt_json": "[]", "nz_int": "5", "nz_time": quotedTime, "nz_json": "false",
	}
}

// zeroRow is the JSON of the columns of a zero everything.
func zeroRow() map[string]string {
	want := map[string]string{
		"id": `"` + nilUUID + `"`, "text": `""`, "color": `""`, "bool": "false", "int8": "0", "int64": "0", "uint32": "0", "float32": "0", "float64": "0",
		"decimal": "0", "numeric": "0", "time": `"0001-01-01T00:00:00.000000+00:00"`, "day": `"0001-01-01"`, "day_time": `"0001-01-01"`, "day_text": `"0001-01-01"`,
		"uuid": `"` + nilUUID + `"`, "guid": `"` + nilUUID + `"`, "uuid_text": `"` + nilUUID + `"`, "bytes": `"\\x"`, "json": "null", "raw": "null",
		"map": "{}", "struct": `{"X":0,"Y":0}`, "points": "[]", "any": "null", "tags": "[]", "percent": "0",
	}
	for _, name := range []string{"ptr_text", "ptr_time", "ptr_id", "ptr_percent", "opt_string", "opt_time", "opt_int", "opt_json", "nz_int", "nz_time", "nz_json"} {
		want[name] = "null"
	}
	return want
}

// columnsJSON returns the canonical JSON of every column of a row.
func columnsJSON(t *testing.T, table *schema.Table, row reflect.Value) map[string]string {
	t.Helper()
	got := make(map[string]string)
	for _, c := range table.Columns {
		v, err := c.GoType.Get(c.FieldOf(row))
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		got[c.Name] = string(value.AppendValue(nil, c.Kind, v))
	}
	return got
}

func compareColumns(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, w := range want {
		if got[name] != w {
			t.Errorf("%s = %s, want %s", name, got[name], w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d columns, want %d", len(got), len(want))
	}
}

func TestFieldsToJSON(t *testing.T) {
	t.Parallel()
	table := tableFor(t, everything{})
	row, want := sample()
	compareColumns(t, columnsJSON(t, table, reflect.ValueOf(&row).Elem()), want)
	compareColumns(t, columnsJSON(t, table, reflect.ValueOf(row)), want) // not addressable
	compareColumns(t, columnsJSON(t, table, reflect.ValueOf(&everything{}).Elem()), zeroRow())
}

// Both ways into a struct give the same row: bound values by set, JSON by the
// plan.
func TestFieldsFromBoundAndJSON(t *testing.T) {
	t.Parallel()
	table := tableFor(t, everything{})
	want, columns := sample()
	var bound everything
	for _, c := range table.Columns {
		v, err := c.ParseJSON([]byte(columns[c.Name]))
		if err == nil {
			err = c.SetField(reflect.ValueOf(&bound).Elem(), v)
		}
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
	if !reflect.DeepEqual(bound, want) {
		t.Errorf("by bound values:\n%+v, want\n%+v", bound, want)
	}
	decoded := everything{NzInt: 9, PtrText: new(string)}
	if err := table.DecodeRow(rowJSON(table, columns), planOf(table), reflect.ValueOf(&decoded).Elem()); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(decoded, want) {
		t.Errorf("by JSON:\n%+v, want\n%+v", decoded, want)
	}
}

// A zero row reads back as what it was written as; empty slices and maps are no
// longer nil, and zeros of text forms are spelled out.
func TestZeroRowRoundTrip(t *testing.T) {
	t.Parallel()
	table := tableFor(t, everything{})
	want := everything{
		Numeric: "0", Decimal: decimalOf("0"), DayText: "0001-01-01", UUIDText: nilUUID, Bytes: []byte{}, Raw: json.RawMessage("null"),
		Map: map[string]int{}, Points: []point{}, Tags: []string{},
	}
	got, _ := sample()
	if err := table.DecodeRow(rowJSON(table, zeroRow()), planOf(table), reflect.ValueOf(&got).Elem()); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want\n%+v", got, want)
	}
}

func TestNullable(t *testing.T) {
	t.Parallel()
	for _, c := range tableFor(t, everything{}).Columns {
		prefix, _, _ := strings.Cut(c.Name, "_")
		want := prefix == "ptr" || prefix == "opt" || prefix == "nz"
		if c.Nullable != want {
			t.Errorf("%s: nullable is %v", c.Name, c.Nullable)
		}
		var row everything
		err := c.SetField(reflect.ValueOf(&row).Elem(), nil)
		if (err == nil) != want {
			t.Errorf("%s: setting NULL: %v", c.Name, err)
		}
	}
}

func TestZeroValues(t *testing.T) {
	t.Parallel()
	want := zeroRow()
	for _, c := range tableFor(t, everything{}).Columns {
		if c.Nullable {
			continue
		}
		if got := string(value.AppendValue(nil, c.Kind, c.ZeroValue())); got != want[c.Name] {
			t.Errorf("%s = %s, want %s", c.Name, got, want[c.Name])
		}
	}
	for k := driver.KindText; k <= driver.KindTextArray; k++ {
		if v := value.ZeroValue(k); v == nil || value.CompareValues(k, v, v) != 0 {
			t.Errorf("%s: zero %v", k, v)
		}
	}
}

func TestFieldRefuses(t *testing.T) {
	t.Parallel()
	type row struct {
		Text    string
		Float   float64
		Time    time.Time
		Tags    []string `bun:",array"`
		Raw     json.RawMessage
		Any     any `bun:"type:jsonb"`
		Percent percent
		Day     store.Date
		Amount  string `bun:"type:decimal"`
	}
	table := tableFor(t, row{})
	cases := map[string][]row{
		"text":    {{Text: "a\x00"}, {Text: "\xff"}},
		"float":   {{Float: math.NaN()}, {Float: math.Inf(-1)}},
		"time":    {{Time: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}, {Time: time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)}},
		"tags":    {{Tags: []string{"ok", "\xff"}}},
		"raw":     {{Raw: json.RawMessage(`{`)}},
		"any":     {{Any: func() {}}},
		"percent": {{Percent: -1}},
		"day":     {{Day: store.NewDate(10_000, 1, 1)}},
		"amount":  {{Amount: "much"}},
	}
	for name, rows := range cases {
		c := table.Column(name)
		for _, r := range rows {
			if v, err := c.GoType.Get(c.FieldOf(reflect.ValueOf(r))); err == nil {
				t.Errorf("%s: %v was accepted", name, v)
			}
		}
	}
}

func TestTypesRefused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		model any
		want  string
	}{
		{struct{ V uint64 }{}, "store.Decimal"},
		{struct{ V uint }{}, "store.Decimal"},
		{struct{ V []string }{}, ",array"},
		{struct {
			V []int `bun:",array"`
		}{}, "only []string"},
		{struct{ V []int }{}, "type:jsonb"},
		{struct{ V map[string]string }{}, "type:jsonb"},
		{struct{ V any }{}, "type:jsonb"},
		{struct{ V moment }{}, "type:jsonb"},
		{struct{ V complex128 }{}, "store.Codec"},
		{struct{ V [4]byte }{}, "store.Codec"},
		{struct {
			V string `bun:"type:jsonb"`
		}{}, "store.JSON"},
		{struct {
			V []byte `bun:"type:jsonb"`
		}{}, "store.JSON"},
		{struct {
			V string `bun:"type:interval"`
		}{}, "not a column type"},
		{struct {
			V string `bun:"type:varchar(20)"`
		}{}, "validate"},
		{struct {
			V int64 `bun:"type:text"`
		}{}, "cannot be text"},
		{struct {
			V string `bun:"type:boolean"`
		}{}, "cannot be boolean"},
		{struct{ V **string }{}, "*string"},
	}
	for _, c := range cases {
		err := storetest.New(t).Register(c.model)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%T: %v, want an error with %q", c.model, err, c.want)
		}
	}
}

// Setting a field copies: the row does not share memory with the answer.
func TestSetCopies(t *testing.T) {
	t.Parallel()
	table := tableFor(t, everything{})
	var row everything
	v := reflect.ValueOf(&row).Elem()
	b, list := []byte{1}, []string{"a"}
	for name, value := range map[string]any{"bytes": b, "tags": list} {
		c := table.Column(name)
		if err := c.SetField(v, value); err != nil {
			t.Fatal(err)
		}
	}
	b[0], list[0] = 2, "b"
	if row.Bytes[0] != 1 || row.Tags[0] != "a" {
		t.Errorf("the row changed with its source: %v %v", row.Bytes, row.Tags)
	}
}
