package postgres

import (
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// BenchmarkQuery reads lists of nine columns and an embed of three levels, and
// writes a row. The number to watch beside the time is the allocations: they do
// not grow with the rows.
func BenchmarkQuery(b *testing.B) {
	d := openTest(b, nil)
	mustExec(b, d,
		`create table items (id uuid primary key, owner uuid, title text collate "C", body text collate "C", n bigint, ok boolean,
			price numeric, created_at timestamptz, updated_at timestamptz)`,
		`insert into items select gen_random_uuid(), gen_random_uuid(), 'title ' || i, repeat('text ', 10), i, i % 2 = 0,
			i / 100.0, now(), now() from generate_series(1, 1000) i`,
		`create index on items (n)`, `vacuum analyze items`)
	members := []driver.Member{
		{Key: `"id":`, Kind: driver.KindUUID},
		{Key: `"owner":`, Kind: driver.KindUUID},
		{Key: `"title":`, Kind: driver.KindText},
		{Key: `"body":`, Kind: driver.KindText},
		{Key: `"n":`, Kind: driver.KindInt},
		{Key: `"ok":`, Kind: driver.KindBool},
		{Key: `"price":`, Kind: driver.KindDecimal},
		{Key: `"created_at":`, Kind: driver.KindTimestamp},
		{Key: `"updated_at":`, Kind: driver.KindTimestamp},
	}
	list := &driver.Shape{Members: members}
	const columns = "id, owner, title, body, n, ok, price, created_at, updated_at"
	level := func(alias, from, inner string) string {
		return "array(select row(" + alias + ".id, " + alias + ".title" + inner + ") from items " + alias + " where " +
			alias + ".n > " + from + ".n order by " + alias + ".n limit 3)"
	}
	child := &driver.Shape{Members: members[:1:1]}
	child.Members = append(child.Members, members[2])
	parent := &driver.Shape{Members: append(child.Members[:2:2], driver.Member{Key: `"children":`, Embed: child, Many: true})}
	for _, bb := range []struct {
		name string
		s    driver.Statement
	}{
		{"1", driver.Statement{SQL: "select " + columns + " from items where n = $1::bigint", Args: []any{int64(7)}, Shape: list}},
		{"Insert", driver.Statement{
			SQL: "insert into items values (gen_random_uuid(), $1::uuid, $2::text, $3::text, $4::bigint, $5::boolean, $6::numeric, $7::timestamptz, " +
				"$7::timestamptz) returning " + columns,
			Args: []any{"00112233-4455-6677-8899-aabbccddeeff", "title", "body", int64(-1), true, "1.50", time.Now()}, Shape: list, Write: true,
		}},
		{"20", driver.Statement{SQL: "select " + columns + " from items where n > $1::bigint order by n limit 20", Args: []any{int64(7)}, Shape: list}},
		{"1000", driver.Statement{SQL: "select " + columns + " from items where n > $1::bigint order by n", Args: []any{int64(0)}, Shape: list}},
		{"Embed20", driver.Statement{
			SQL:  "select a.id, " + level("b", "a", ", "+level("c", "b", "")) + " from items a where a.n > $1::bigint order by a.n limit 20",
			Args: []any{int64(7)}, Shape: &driver.Shape{Members: []driver.Member{members[0], {Key: `"children":`, Embed: parent, Many: true}}},
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var r driver.Result
			b.ReportAllocs()
			for b.Loop() {
				r.Reset()
				if err := d.Query(b.Context(), nil, &bb.s, &r); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(len(r.Body)))
		})
	}
}
