package sqlite

import (
	"math"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

func TestValuesComeBackInTheirJSONForm(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	at := time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.FixedZone("", 3600))
	for _, test := range []struct {
		name string
		kind driver.Kind
		arg  any
		want string
	}{
		{"text", driver.KindText, "a\"b\\\n<é>", `["a\"b\\\n<é>"]`},
		{"empty text", driver.KindText, "", `[""]`},
		{"text with NUL", driver.KindText, "a\x00b", `["a\u0000b"]`},
		{"true", driver.KindBool, true, `[true]`},
		{"false", driver.KindBool, false, `[false]`},
		{"largest int", driver.KindInt, int64(math.MaxInt64), `[9223372036854775807]`},
		{"smallest int", driver.KindInt, int64(math.MinInt64), `[-9223372036854775808]`},
		{"int", driver.KindInt, 7, `[7]`},
		{"float", driver.KindFloat, 1.5, `[1.5]`},
		{"whole float", driver.KindFloat, 2.0, `[2]`},
		{"large float", driver.KindFloat, 1e20, `[1e+20]`},
		{"small float", driver.KindFloat, 1e-5, `[1e-05]`},
		{"decimal", driver.KindDecimal, "9.50", `[9.50]`},
		{"timestamp", driver.KindTimestamp, at, `["2026-01-02T02:04:05.123456+00:00"]`},
		{"date", driver.KindDate, "2026-01-02", `["2026-01-02"]`},
		{"uuid", driver.KindUUID, "0191b8f0-0000-7000-8000-000000000001", `["0191b8f0-0000-7000-8000-000000000001"]`},
		{"bytes", driver.KindBytes, []byte{0xde, 0xad}, `["\\xdead"]`},
		{"no bytes", driver.KindBytes, []byte{}, `["\\x"]`},
		{"json", driver.KindJSON, `{"a":[1,null]}`, `[{"a":[1,null]}]`},
		{"text array", driver.KindTextArray, []string{"a", `b"`}, `[["a","b\""]]`},
		{"empty text array", driver.KindTextArray, []string{}, `[[]]`},
		{"null text", driver.KindText, nil, `[null]`},
		{"null bytes", driver.KindBytes, []byte(nil), `[null]`},
		{"null array", driver.KindTextArray, []string(nil), `[null]`},
	} {
		if got := values(t, d, nil, []driver.Kind{test.kind}, "select ?1", test.arg); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestValuesOfAnotherTypeAreRefused(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	for kind, arg := range map[driver.Kind]any{
		driver.KindInt: "5", driver.KindText: int64(5), driver.KindBytes: "x", driver.KindBool: 1.5, driver.KindTimestamp: []byte("x"),
	} {
		s := &driver.Statement{SQL: "select ?1", Args: []any{arg}, Shape: &driver.Shape{Extra: []driver.Kind{kind}}}
		wantError(t, kind.String(), d.Query(t.Context(), nil, s, new(driver.Result)), driver.ErrValue)
	}
}

func TestListsMatchColumns(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	mustExec(t, d, "create table t (s text, i integer, f real, b integer, at text)")
	mustExec(t, d, "insert into t values (?1, ?2, ?3, ?4, ?5), ('z', 9, 9.5, 0, 'z')", "a\"é", int64(1)<<60, 0.1, true, at)
	for column, list := range map[string]any{
		"s":  []string{"b", "a\"é"},
		"i":  []int64{1, 1 << 60},
		"f":  []float64{0.1, 3},
		"b":  []bool{true},
		"at": []time.Time{at.In(time.FixedZone("", 3600))},
	} {
		text := "select count(*) from t where " + column + " in (select value from json_each(?1))"
		if got := value(t, d, nil, text, list); got != "[1]" {
			t.Errorf("%s: %s rows", column, got)
		}
	}
	if got := value(t, d, nil, "select count(*) from t where i in (select value from json_each(?1))", []int64{}); got != "[0]" {
		t.Errorf("empty list: %s", got)
	}
}

func TestShapes(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	const rows = "(select 1 as n union all select 2 union all select 3)"
	members := objectShape.Members
	extra := []driver.Kind{driver.KindInt, driver.KindText}
	for _, test := range []struct {
		name  string
		text  string
		shape driver.Shape
		want  driver.Result
		body  string
		extra string
	}{
		{
			"objects", "select json_object('id', n) from " + rows,
			driver.Shape{Members: members},
			driver.Result{Rows: 3},
			`{"id":1},{"id":2},{"id":3}`, ``,
		},
		{
			"none", "select json_object('id', n) from " + rows + " where n > 5",
			driver.Shape{Members: members},
			driver.Result{},
			``, ``,
		},
		{
			"last extra", "select json_object('id', n), n, 'x' || n from " + rows,
			driver.Shape{Members: members, Extra: extra},
			driver.Result{Rows: 3},
			`{"id":1},{"id":2},{"id":3}`, `[3,"x3"]`,
		},
		{
			"each extra", "select json_object('id', n), n, 'x' || n from " + rows,
			driver.Shape{Members: members, Extra: extra, EachExtra: true},
			driver.Result{Rows: 3},
			`{"id":1},{"id":2},{"id":3}`, `[1,"x1"],[2,"x2"],[3,"x3"]`,
		},
		{
			"extra alone", "select n, 'x' from " + rows,
			driver.Shape{Extra: extra, EachExtra: true},
			driver.Result{Rows: 3},
			``, `[1,"x"],[2,"x"],[3,"x"]`,
		},
		{
			"counted", "select 99, 1, json_object('id', n), n, null from " + rows,
			driver.Shape{Counted: true, Members: members, Extra: extra},
			driver.Result{Rows: 3, Total: 99},
			`{"id":1},{"id":2},{"id":3}`, `[3,null]`,
		},
		{
			"counted without rows", "select 99, 0, null, null, null",
			driver.Shape{Counted: true, Members: members, Extra: extra},
			driver.Result{Total: 99},
			``, ``,
		},
	} {
		var r driver.Result
		for range 2 { // also when used again
			r.Reset()
			if err := d.Query(t.Context(), nil, &driver.Statement{SQL: test.text, Shape: &test.shape}, &r); err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			if string(r.Body) != test.body || string(r.Extra) != test.extra || r.Rows != test.want.Rows || r.Total != test.want.Total {
				t.Errorf("%s: body %s, extra %s, %d rows, total %d", test.name, r.Body, r.Extra, r.Rows, r.Total)
			}
		}
	}
}

func TestMaxBytes(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	s := &driver.Statement{SQL: "select json_object('id', 1) union all select json_object('id', 2)", Shape: objectShape}
	for size, want := range map[int]error{0: nil, len(`{"id":1},{"id":2}`): nil, len(`{"id":1},{"id":2}`) - 1: driver.ErrTooLarge, 1: driver.ErrTooLarge} {
		s.MaxBytes = size
		wantError(t, "query", d.Query(t.Context(), nil, s, new(driver.Result)), want)
	}
}

func TestMaxRows(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	s := &driver.Statement{SQL: "select json_object('id', 1) union all select json_object('id', 2)", Shape: objectShape}
	for limit, want := range map[int]string{0: `{"id":1},{"id":2}`, 1: `{"id":1}`, 2: `{"id":1},{"id":2}`, 3: `{"id":1},{"id":2}`} {
		var r driver.Result
		s.MaxRows = limit
		if err := d.Query(t.Context(), nil, s, &r); err != nil {
			t.Fatal(err)
		}
		if string(r.Body) != want || r.More != (limit == 1) {
			t.Errorf("limit %d: %s, more %v", limit, r.Body, r.More)
		}
	}
}

func TestWriteThatDoesNotSaySoIsRefused(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	mustExec(t, d, "create table t (id integer)")
	s := &driver.Statement{SQL: "insert into t values (1) returning json_object('id', id)", Shape: objectShape}
	wantError(t, "insert", d.Query(t.Context(), nil, s, new(driver.Result)), driver.ErrReadOnly)
}

func TestWriteIsUndoneIfItsAnswerIsRejected(t *testing.T) {
	t.Parallel()
	d := openFile(t, nil)
	mustExec(t, d, "create table t (id integer)")
	s := &driver.Statement{SQL: "insert into t values (1), (2) returning json_object('id', id)", Shape: objectShape, Write: true, MaxBytes: 10}
	wantError(t, "insert", d.Query(t.Context(), nil, s, new(driver.Result)), driver.ErrTooLarge)
	if got := value(t, d, nil, "select count(*) from t"); got != "[0]" {
		t.Errorf("rows after the refused answer: %s", got)
	}
	s.MaxBytes = 0
	var r driver.Result
	if err := d.Query(t.Context(), nil, s, &r); err != nil || string(r.Body) != `{"id":1},{"id":2}` {
		t.Errorf("body %s, %v", r.Body, err)
	}
	if got := mustExec(t, d, "update t set id = id + 1"); got != 2 {
		t.Errorf("changed %d rows", got)
	}
}
