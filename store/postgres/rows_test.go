package postgres

import (
	"errors"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

func TestShapes(t *testing.T) {
	t.Parallel()

	id := driver.Member{Key: `"id":`, Kind: driver.KindInt}
	tests := []struct {
		name        string
		sql         string
		shape       driver.Shape
		body, extra string
		rows        int
		total       int64
	}{
		{
			name: "NoRows", sql: "select 1 where false",
			shape: driver.Shape{Members: []driver.Member{id}},
		},
		{
			name: "Rows", sql: "select g from generate_series(1, 3) g",
			shape: driver.Shape{Members: []driver.Member{id}},
			body:  `{"id":1},{"id":2},{"id":3}`, rows: 3,
		},
		{
			name: "LastExtra", sql: "select g, g * 10, 'x' || g from generate_series(1, 3) g",
			shape: driver.Shape{Members: []driver.Member{id}, Extra: []driver.Kind{driver.KindInt, driver.KindText}},
			body:  `{"id":1},{"id":2},{"id":3}`, extra: `[30,"x3"]`, rows: 3,
		},
		{
			name: "EachExtra", sql: "select g, nullif(g, 2) from generate_series(1, 3) g",
			shape: driver.Shape{Members: []driver.Member{id}, Extra: []driver.Kind{driver.KindInt}, EachExtra: true},
			body:  `{"id":1},{"id":2},{"id":3}`, extra: `[1],[null],[3]`, rows: 3,
		},
		{
			name: "OnlyExtra", sql: "select true, g from generate_series(1, 2) g",
			shape: driver.Shape{Extra: []driver.Kind{driver.KindBool, driver.KindInt}},
			extra: `[true,2]`, rows: 2,
		},
		{
			name: "Counted", sql: "select 7::bigint, true, g, g from generate_series(1, 2) g",
			shape: driver.Shape{Counted: true, Members: []driver.Member{id}, Extra: []driver.Kind{driver.KindInt}},
			body:  `{"id":1},{"id":2}`, extra: `[2]`, rows: 2, total: 7,
		},
		{
			name: "CountedWithoutRows", sql: "select 7::bigint, false, null::int",
			shape: driver.Shape{Counted: true, Members: []driver.Member{id}},
			total: 7,
		},
		{
			name: "Embeds",
			sql: `select 1, array(select row(p, array(select row(c) from generate_series(1, p) c), (select row(9) where p = 2))
				from generate_series(0, 2) p), (select row(1) where false), array(select row(1) where false)`,
			shape: driver.Shape{Members: []driver.Member{
				id,
				{Key: `"posts":`, Many: true, Embed: &driver.Shape{Members: []driver.Member{
					id,
					{Key: `"comments":`, Many: true, Embed: &driver.Shape{Members: []driver.Member{id}}},
					{Key: `"author":`, Embed: &driver.Shape{Members: []driver.Member{id}}},
				}}},
				{Key: `"one":`, Embed: &driver.Shape{Members: []driver.Member{id}}},
				{Key: `"none":`, Many: true, Embed: &driver.Shape{Members: []driver.Member{id}}},
			}},
			body: `{"id":1,"posts":[{"id":0,"comments":[],"author":null},{"id":1,"comments":[{"id":1}],"author":null},` +
				`{"id":2,"comments":[{"id":1},{"id":2}],"author":{"id":9}}],"one":null,"none":[]}`,
			rows: 1,
		},
		{
			name: "EmptyRecord", sql: "select (select row()), array(select row() from generate_series(1, 2))",
			shape: driver.Shape{Members: []driver.Member{
				{Key: `"a":`, Embed: &driver.Shape{}}, {Key: `"b":`, Embed: &driver.Shape{}, Many: true},
			}},
			body: `{"a":{},"b":[{},{}]}`, rows: 1,
		},
	}
	d := openTest(t, nil)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			var r driver.Result
			if err := d.Query(t.Context(), nil, &driver.Statement{SQL: tt.sql, Shape: &tt.shape}, &r); err != nil {
				t.Fatal(err)
			}
			if string(r.Body) != tt.body || string(r.Extra) != tt.extra || r.Rows != tt.rows || r.Total != tt.total {
				t.Errorf("got  %s %s %d rows, total %d\nwant %s %s %d rows, total %d",
					r.Body, r.Extra, r.Rows, r.Total, tt.body, tt.extra, tt.rows, tt.total)
			}
		})
	}
}

func TestShapeMismatch(t *testing.T) {
	t.Parallel()

	d := openTest(t, nil)
	for _, tt := range []struct {
		sql  string
		kind driver.Kind
	}{
		{"select 1, 2", driver.KindInt},
		{"select 'x'::text", driver.KindInt},
		{"select 1", driver.KindUUID},
		{"select true", driver.KindFloat},
	} {
		var r driver.Result
		if err := d.Query(t.Context(), nil, &driver.Statement{SQL: tt.sql, Shape: one(tt.kind)}, &r); !errors.Is(err, errWire) {
			t.Errorf("%s as %s: got %v, want %v", tt.sql, tt.kind, err, errWire)
		}
	}
	if got := mustQuery(t, d, nil, &driver.Statement{SQL: "select 5", Shape: one(driver.KindInt)}); got != `{"v":5}` {
		t.Errorf("after the errors the pool answers %s", got)
	}
}

func TestMaxBytes(t *testing.T) {
	t.Parallel()

	d := openTest(t, nil)
	s := &driver.Statement{
		SQL:   "select repeat('x', 100) from generate_series(1, $1::int)",
		Shape: one(driver.KindText), Args: []any{int64(10)}, MaxBytes: 2000,
	}
	if got := mustQuery(t, d, nil, s); strings.Count(got, "v") != 10 {
		t.Fatalf("got %s", got)
	}
	s.Args[0] = int64(1000)
	tx, err := d.Begin(t.Context(), driver.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback() // the test ends
	for _, conn := range []driver.Conn{nil, tx} {
		var r driver.Result
		if err := d.Query(t.Context(), conn, s, &r); !errors.Is(err, driver.ErrTooLarge) {
			t.Errorf("in transaction %t: got %v, want %v", conn != nil, err, driver.ErrTooLarge)
		}
	}
	small := &driver.Statement{SQL: "select 1", Shape: one(driver.KindInt)}
	if got := mustQuery(t, d, tx, small); got != `{"v":1}` {
		t.Errorf("the transaction answers %s", got)
	}
}

// TestAllocations reads 1 and 500 rows of every kind into a result that has its
// memory: pgx and database/sql allocate a few things for each statement, nobody
// for a row. Not parallel, because it counts.
func TestAllocations(t *testing.T) {
	d := openTest(t, nil)
	var members []driver.Member
	text := "select "
	for _, v := range values {
		members = append(members, driver.Member{Key: `"v":`, Kind: v.kind})
		text += v.sql + ", "
	}
	row := &driver.Shape{Members: members[:1]}
	shape := &driver.Shape{Members: append(members, driver.Member{Key: `"m":`, Embed: row, Many: true})}
	s := &driver.Statement{
		SQL:   text + "array(select row('x'::text) from generate_series(1, 5)) from generate_series(1, $1::int)",
		Shape: shape, Args: []any{int64(1)},
	}
	var r driver.Result
	measure := func(rows int64) float64 {
		s.Args[0] = rows
		return testing.AllocsPerRun(20, func() {
			r.Reset()
			if err := d.Query(t.Context(), nil, s, &r); err != nil {
				t.Fatal(err)
			}
		})
	}
	measure(500)
	// Fewer than one for a row: under the race detector pools drop things.
	if few, many := measure(1), measure(500); many > few+400 {
		t.Errorf("%v allocations for 1 row, %v for 500", few, many)
	}
}
