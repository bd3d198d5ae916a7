package postgres

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// TestArgs binds every kind in its Go form with the cast the store's compiler
// writes, and reads it back.
func TestArgs(t *testing.T) {
	t.Parallel()

	const id = "00112233-4455-6677-8899-aabbccddeeff"
	at := time.Date(2026, 11, 20, 7, 28, 22, 123456000, time.UTC)
	tests := []struct {
		cast string
		arg  any
		kind driver.Kind
		want string
	}{
		{"text", "a'b\\", driver.KindText, `"a'b\\"`},
		{"boolean", true, driver.KindBool, `true`},
		{"bigint", int64(-9007199254740993), driver.KindInt, `-9007199254740993`},
		{"double precision", 2.5e-9, driver.KindFloat, `2.5e-09`},
		{"numeric", "12345678901234567890.1200", driver.KindDecimal, `12345678901234567890.1200`},
		{"timestamptz", at, driver.KindTimestamp, `"2026-11-20T07:28:22.123456+00:00"`},
		{"timestamptz", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), driver.KindTimestamp, `"0001-01-01T00:00:00.000000+00:00"`},
		{"date", "2026-11-20", driver.KindDate, `"2026-11-20"`},
		{"uuid", id, driver.KindUUID, `"` + id + `"`},
		{"bytea", []byte{0, 255}, driver.KindBytes, `"\\x00ff"`},
		{"bytea", []byte{}, driver.KindBytes, `"\\x"`},
		{"jsonb", `{"a":[1,"x y"]}`, driver.KindJSON, `{"a":[1,"x y"]}`},
		{"text[]", []string{"a,b", `"`, ""}, driver.KindTextArray, `["a,b","\"",""]`},
		{"text[]", []string{}, driver.KindTextArray, `[]`},
		{"text", nil, driver.KindText, `null`},
		{"uuid", nil, driver.KindUUID, `null`},
		{"jsonb", nil, driver.KindJSON, `null`},
	}
	lists := []struct {
		value, cast string
		arg         any
	}{
		{"'b'", "text[]", []string{"a", "b"}},
		{"true", "boolean[]", []bool{false, true}},
		{"7::bigint", "bigint[]", []int64{7, 8}},
		{"2.5::double precision", "double precision[]", []float64{2.5}},
		{"1.50::numeric", "numeric[]", []string{"1.5", "2"}},
		{"'2026-11-20 07:28:22.123456+00'::timestamptz", "timestamptz[]", []time.Time{at}},
		{"'2026-11-20 07:28:22.123456+00'::timestamptz", "timestamptz[]", []string{"2026-11-20T07:28:22.123456+00:00"}},
		{"'2026-11-20'::date", "date[]", []string{"2026-11-20"}},
		{"'" + id + "'::uuid", "uuid[]", []string{id}},
		{`'\xff'::bytea`, "bytea[]", [][]byte{{0}, {255}}},
	}
	for _, mode := range []struct {
		name string
		opts *Options
	}{{"Cached", nil}, {"Pooler", &Options{Pooler: true}}} {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()

			d := openTest(t, mode.opts)
			for _, tt := range tests {
				s := &driver.Statement{SQL: "select $1::" + tt.cast, Args: []any{tt.arg}, Shape: one(tt.kind)}
				if got := mustQuery(t, d, nil, s); got != `{"v":`+tt.want+`}` {
					t.Errorf("%s: got %s, want %s", tt.cast, got, tt.want)
				}
			}
			for _, tt := range lists {
				s := &driver.Statement{SQL: "select " + tt.value + " = any($1::" + tt.cast + ")", Args: []any{tt.arg}, Shape: one(driver.KindBool)}
				if got := mustQuery(t, d, nil, s); got != `{"v":true}` {
					t.Errorf("%s: got %s", tt.cast, got)
				}
			}
		})
	}
}

// TestArgumentForms compares our forms of values with those of pgx, which the
// types without one of ours fall back to. TestLists has the lists.
func TestArgumentForms(t *testing.T) {
	t.Parallel()

	types := pgtype.NewMap()
	at := time.Date(2026, 11, 20, 7, 28, 22, 123456000, time.UTC)
	for _, tt := range []struct {
		oid  uint32
		args []any
	}{
		{pgtype.TextOID, []any{"", "a'b", nil}},
		{pgtype.UUIDOID, []any{"00112233-4455-6677-8899-aabbccddeeff", nil}},
		{pgtype.Int8OID, []any{int64(0), int64(-1), int64(math.MinInt64), int64(math.MaxInt64), nil}},
		{pgtype.Int4OID, []any{int64(math.MinInt32), int64(math.MaxInt32)}},
		{pgtype.Int2OID, []any{int64(-7)}},
		{pgtype.NumericOID, []any{int64(7), "7.50"}},
		{pgtype.BoolOID, []any{true, false, nil}},
		{pgtype.Float8OID, []any{0.0, -2.5e-9, math.MaxFloat64}},
		{pgtype.TimestamptzOID, []any{at, at.In(time.FixedZone("", 3600)), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)}},
		{pgtype.TimestampOID, []any{at}},
		{pgtype.ByteaOID, []any{[]byte{}, []byte{0, 255}, []byte(nil)}},
		{pgtype.TextArrayOID, []any{[]string(nil)}},
		{pgtype.Float8ArrayOID, []any{[]float64{2.5}}},
	} {
		for _, arg := range tt.args {
			var a arguments
			if err := a.encode(types, []uint32{pgtype.TextOID, tt.oid}, []any{"before", arg}); err != nil {
				t.Errorf("%d, %#v: %v", tt.oid, arg, err)
				continue
			}
			want, err := types.Encode(tt.oid, a.formats[1], arg, []byte{})
			if err != nil {
				t.Fatal(err)
			}
			if got := a.values[1]; !bytes.Equal(got, want) || (got == nil) != (want == nil) {
				t.Errorf("%d, %#v: got %x, want %x", tt.oid, arg, got, want)
			}
			if string(a.values[0]) != "before" {
				t.Errorf("%d, %#v: the value before is %q", tt.oid, arg, a.values[0])
			}
		}
	}
}
