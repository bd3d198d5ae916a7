package sqlite

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

var objectShape = &driver.Shape{Members: []driver.Member{{Key: `"id":`, Kind: driver.KindInt}}}

// benchDatabase is a file with 10,000 rows of a table of five columns.
func benchDatabase(b *testing.B) *database {
	b.Helper()
	d := openFile(b, &Options{Synchronous: SynchronousOff})
	mustExec(b, d, `create table note (id integer primary key, title text, body text, price text collate pl_decimal, at text)`)
	mustExec(b, d, `with recursive n(i) as (select 1 union all select i+1 from n where i < 10000)
		insert into note select i, 'title ' || i, hex(zeroblob(100)), '9.50', '2026-01-02T03:04:05.000000+00:00' from n`)
	return d
}

const noteObject = `json_object('id', id, 'title', title, 'body', body, 'price', json(price), 'at', at)`

func BenchmarkPointRead(b *testing.B) {
	d := benchDatabase(b)
	for _, bench := range []struct {
		name string
		ctx  context.Context
	}{
		{"background", context.Background()},
		{"request", b.Context()},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			var r driver.Result
			s := &driver.Statement{SQL: `select ` + noteObject + ` from note where id = ?1`, Shape: objectShape, MaxBytes: 1 << 20}
			i := int64(0)
			for b.Loop() {
				i = i%10000 + 1
				s.Args = append(s.Args[:0], i)
				r.Reset()
				if err := d.Query(bench.ctx, nil, s, &r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("prepared by database/sql", func(b *testing.B) {
		b.ReportAllocs()
		held, err := d.readersSQL.Conn(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		defer held.Close()
		stmt, err := held.PrepareContext(b.Context(), `select `+noteObject+` from note where id = ?1`)
		if err != nil {
			b.Fatal(err)
		}
		defer stmt.Close()
		i := int64(0)
		for b.Loop() {
			i = i%10000 + 1
			var body sql.RawBytes
			rows, err := stmt.QueryContext(b.Context(), i)
			if err != nil {
				b.Fatal(err)
			}
			for rows.Next() {
				if err := rows.Scan(&body); err != nil {
					b.Fatal(err)
				}
			}
			rows.Close()
		}
	})
	b.Run("sqldb", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var body string
			if err := d.readersSQL.QueryRow(`select `+noteObject+` from note where id = ?1`, int64(7)).Scan(&body); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkList20(b *testing.B) {
	d := benchDatabase(b)
	b.ReportAllocs()
	var r driver.Result
	s := &driver.Statement{SQL: `select ` + noteObject + ` from note where id > ?1 order by id limit 20`, Shape: objectShape}
	i := int64(0)
	for b.Loop() {
		i = (i + 20) % 9000
		s.Args = append(s.Args[:0], i)
		r.Reset()
		if err := d.Query(b.Context(), nil, s, &r); err != nil {
			b.Fatal(err)
		}
	}
	if r.Rows != 20 {
		b.Fatal("rows: " + strconv.Itoa(r.Rows))
	}
}

func BenchmarkUpdate(b *testing.B) {
	d := benchDatabase(b)
	exec := &driver.Statement{SQL: `update note set title = ?2 where id = ?1`, Args: []any{int64(5), "new"}}
	returning := &driver.Statement{SQL: exec.SQL + ` returning ` + noteObject, Args: exec.Args, Shape: objectShape, Write: true}
	b.Run("exec", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.Exec(b.Context(), nil, exec); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("returning", func(b *testing.B) {
		b.ReportAllocs()
		var r driver.Result
		for b.Loop() {
			r.Reset()
			if err := d.Query(b.Context(), nil, returning, &r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("tx", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			t, err := d.Begin(b.Context(), driver.TxOptions{})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := d.Exec(b.Context(), t, exec); err != nil {
				b.Fatal(err)
			}
			if err := t.Commit(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRegexp measures the dearest regular expression the store allows, over
// a text of a mebibyte.
func BenchmarkRegexp(b *testing.B) {
	d := benchDatabase(b)
	s := &driver.Statement{
		SQL:   `select pl_regexp(?1, ?2)`,
		Args:  []any{"(?s)" + strings.Repeat(".{249}", 4) + "~", strings.Repeat("a", 1<<20)},
		Shape: &driver.Shape{Extra: []driver.Kind{driver.KindInt}},
	}
	var r driver.Result
	for b.Loop() {
		r.Reset()
		if err := d.Query(b.Context(), nil, s, &r); err != nil {
			b.Fatal(err)
		}
	}
}
