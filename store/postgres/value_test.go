package postgres

import (
	"fmt"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// values are SQL expressions and the JSON they must become. Quoted is empty
// where a cast to text changes nothing.
var values = []struct {
	kind         driver.Kind
	sql          string
	want, quoted string
}{
	{driver.KindText, `''::text`, `""`, ``},
	{driver.KindText, `E'a"b\\c/<&>\b\f\n\r\t\u0001\u007f'::text`, "\"a\\\"b\\\\c/<&>\\b\\f\\n\\r\\t\\u0001\u007f\"", ``},
	{driver.KindText, `'é😀` + "\u2028" + `'::varchar(9)`, "\"é😀\u2028\"", ``},
	{driver.KindText, `'pg_class'::name`, `"pg_class"`, ``},
	{driver.KindText, `'9'::xid8::text`, `"9"`, ``},
	{driver.KindText, `null::text`, `null`, `null`},
	{driver.KindBool, `true`, `true`, `"true"`},
	{driver.KindBool, `false`, `false`, `"false"`},
	{driver.KindBool, `'f'::text`, `false`, `"false"`},
	{driver.KindBool, `null::boolean`, `null`, `null`},
	{driver.KindInt, `(-32768)::smallint`, `-32768`, `"-32768"`},
	{driver.KindInt, `(-2147483648)::int`, `-2147483648`, `"-2147483648"`},
	{driver.KindInt, `(-9223372036854775808)::bigint`, `-9223372036854775808`, `"-9223372036854775808"`},
	{driver.KindInt, `9223372036854775807::bigint`, `9223372036854775807`, `"9223372036854775807"`},
	{driver.KindInt, `'17'::text`, `17`, `"17"`},
	{driver.KindFloat, `0::float8`, `0`, `"0"`},
	{driver.KindFloat, `'-0'::float8`, `0`, `"0"`},
	{driver.KindFloat, `1.5::float8`, `1.5`, `"1.5"`},
	{driver.KindFloat, `100000::float8`, `100000`, `"100000"`},
	{driver.KindFloat, `1e15::float8`, `1e+15`, `"1e+15"`},
	{driver.KindFloat, `0.00001::float8`, `1e-05`, `"1e-05"`},
	{driver.KindFloat, `1.7976931348623157e308::float8`, `1.7976931348623157e+308`, `"1.7976931348623157e+308"`},
	{driver.KindFloat, `5e-324::float8`, `5e-324`, `"5e-324"`},
	{driver.KindFloat, `0.1::real`, `0.1`, `"0.1"`},
	{driver.KindFloat, `'2.5'::text`, `2.5`, `"2.5"`},
	{driver.KindFloat, `'NaN'::float8`, `null`, `null`},
	{driver.KindFloat, `'-Infinity'::float8`, `null`, `null`},
	{driver.KindDecimal, `0::numeric`, `0`, `"0"`},
	{driver.KindDecimal, `0.00::numeric`, `0.00`, `"0.00"`},
	{driver.KindDecimal, `1.50::numeric`, `1.50`, `"1.50"`},
	{driver.KindDecimal, `(-1.50)::numeric`, `-1.50`, `"-1.50"`},
	{driver.KindDecimal, `0.0001::numeric`, `0.0001`, `"0.0001"`},
	{driver.KindDecimal, `0.00001::numeric`, `0.00001`, `"0.00001"`},
	{driver.KindDecimal, `10000::numeric`, `10000`, `"10000"`},
	{driver.KindDecimal, `99999999.00010000::numeric`, `99999999.00010000`, `"99999999.00010000"`},
	{driver.KindDecimal, `1e30::numeric`, `1000000000000000000000000000000`, `"1000000000000000000000000000000"`},
	{driver.KindDecimal, `100000001::numeric`, `100000001`, `"100000001"`},
	{driver.KindDecimal, `'7.10'::text`, `7.10`, `"7.10"`},
	{driver.KindDecimal, `'NaN'::numeric`, `null`, `null`},
	{driver.KindTimestamp, `'2026-11-20 07:28:22.1234567+02'::timestamptz`, `"2026-11-20T05:28:22.123457+00:00"`, ``},
	{driver.KindTimestamp, `'1969-12-31 23:59:59.999999+00'::timestamptz`, `"1969-12-31T23:59:59.999999+00:00"`, ``},
	{driver.KindTimestamp, `'0001-01-01 00:00:00+00'::timestamptz`, `"0001-01-01T00:00:00.000000+00:00"`, ``},
	{driver.KindTimestamp, `'9999-12-31 23:59:59.999999+00'::timestamptz`, `"9999-12-31T23:59:59.999999+00:00"`, ``},
	{driver.KindTimestamp, `'2000-02-29 12:00:00'::timestamp`, `"2000-02-29T12:00:00.000000+00:00"`, ``},
	{driver.KindTimestamp, `'2000-02-29 12:00:00.5+00'::timestamptz::text`, `"2000-02-29T12:00:00.500000+00:00"`, ``},
	{driver.KindTimestamp, `'infinity'::timestamptz`, `null`, `null`},
	{driver.KindDate, `'2000-02-29'::date`, `"2000-02-29"`, ``},
	{driver.KindDate, `'0001-01-01'::date`, `"0001-01-01"`, ``},
	{driver.KindDate, `'9999-12-31'::date`, `"9999-12-31"`, ``},
	{driver.KindDate, `'-infinity'::date`, `null`, `null`},
	{driver.KindUUID, `'00112233-4455-6677-8899-AABBCCDDEEFF'::uuid`, `"00112233-4455-6677-8899-aabbccddeeff"`, ``},
	{driver.KindUUID, `null::uuid`, `null`, `null`},
	{driver.KindBytes, `''::bytea`, `"\\x"`, ``},
	{driver.KindBytes, `'\x00DEadff'::bytea`, `"\\x00deadff"`, ``},
	{driver.KindBytes, `'\x01ab'::bytea::text`, `"\\x01ab"`, ``},
	{driver.KindJSON, `'{"b": 1, "a" : [1, "x y", null]}'::jsonb`, `{"a":[1,"x y",null],"b":1}`, `"{\"a\":[1,\"x y\",null],\"b\":1}"`},
	{driver.KindJSON, `'"a \" b"'::jsonb`, `"a \" b"`, `"\"a \\\" b\""`},
	{driver.KindJSON, `'null'::jsonb`, `null`, `"null"`},
	{driver.KindJSON, `'[ 1e5 ]'::json`, `[1e5]`, `"[1e5]"`},
	{driver.KindJSON, `null::jsonb`, `null`, `null`},
	{driver.KindTextArray, `'{}'::text[]`, `[]`, `"[]"`},
	{driver.KindTextArray, `array['a"b', '', null, 'c d']::text[]`, `["a\"b","",null,"c d"]`, `"[\"a\\\"b\",\"\",null,\"c d\"]"`},
	{driver.KindTextArray, `'[5:6]={x,y}'::text[]`, `["x","y"]`, `"[\"x\",\"y\"]"`},
	{driver.KindTextArray, `to_json(array['x','y'])::text`, `["x","y"]`, `"[\"x\",\"y\"]"`},
}

// TestValues reads every value plain, in an embedded row, in an array of
// embedded rows, and quoted in each place.
func TestValues(t *testing.T) {
	t.Parallel()

	for _, mode := range []struct {
		name string
		opts *Options
	}{{"Cached", nil}, {"Pooler", &Options{Pooler: true}}} {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()

			d := openTest(t, mode.opts)
			for _, tt := range values {
				plain := driver.Member{Key: `"p":`, Kind: tt.kind}
				quoted := driver.Member{Key: `"q":`, Kind: tt.kind, Quoted: true}
				row := &driver.Shape{Members: []driver.Member{plain, quoted}}
				shape := &driver.Shape{Members: []driver.Member{
					plain, quoted,
					{Key: `"one":`, Embed: row},
					{Key: `"many":`, Embed: row, Many: true},
				}, Extra: []driver.Kind{tt.kind}}
				text := fmt.Sprintf("select x, x, (select row(x, x)), array(select row(x, x) from generate_series(1, 2)), x from (select %s as x) t", tt.sql)

				var r driver.Result
				if err := d.Query(t.Context(), nil, &driver.Statement{SQL: text, Shape: shape}, &r); err != nil {
					t.Errorf("%s: %v", tt.sql, err)
					continue
				}
				asText := tt.quoted
				if asText == "" {
					asText = tt.want
				}
				object := `{"p":` + tt.want + `,"q":` + asText + `}`
				want := `{"p":` + tt.want + `,"q":` + asText + `,"one":` + object + `,"many":[` + object + `,` + object + `]}`
				if got := string(r.Body); got != want {
					t.Errorf("%s\n got %s\nwant %s", tt.sql, got, want)
				}
				if got := string(r.Extra); got != "["+tt.want+"]" {
					t.Errorf("%s: extra is %s, want [%s]", tt.sql, got, tt.want)
				}
			}
		})
	}
}
