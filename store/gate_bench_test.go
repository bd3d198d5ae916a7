package store_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/uptrace/bun"
)

// BenchmarkGate measures what the store itself costs a request: compiling the
// statement and handing over the answer of a driver that does nothing.
func BenchmarkGate(b *testing.B) {
	for _, dialect := range []string{"postgres", "sqlite"} {
		db := idleDB(b, dialect)
		posts := db.Table(Post{})
		gate := access.New(db, posts, authorScope(db))
		point := store.Compare("id", query.OpEq, store.Text("01a1f84e-f789-76a5-be20-a71b1683346d"))
		list := query.Query{
			Where: store.Compare("score", query.OpLte, store.Text("500")), Order: []store.Order{{Column: "score", Desc: true}},
			Limit: store.Limit(20),
		}
		tree := list
		tree.With = []query.Embed{{Relation: "replies", Query: query.Query{Limit: store.Limit(5), With: []query.Embed{{Relation: "author"}}}}}
		for _, bb := range []struct {
			name  string
			query query.Query
			opts  query.ReadOptions
		}{
			{"point", query.Query{Where: point}, query.ReadOptions{Single: true, MaxBytes: 1 << 20}},
			{"list", list, query.ReadOptions{MaxRows: 1000, MaxBytes: 1 << 20}},
			{"tree", tree, query.ReadOptions{MaxRows: 1000, MaxBytes: 1 << 20}},
		} {
			b.Run(dialect+"/"+bb.name, func(b *testing.B) {
				var rows query.Rows
				b.ReportAllocs()
				for b.Loop() {
					q := bb.query
					if err := gate.Read(b.Context(), &q, bb.opts, &rows); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(dialect+"/patch", func(b *testing.B) {
			var rows query.Rows
			patch, err := gate.DecodePatch([]byte(`{"title":"new"}`), nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				opts := query.WriteOptions{Return: &query.Query{}}
				if err := gate.Update(b.Context(), patch, point, opts, &rows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// authorScope is a caller who may do everything with the posts of one author.
func authorScope(db *store.DB) *store.Scope {
	own := must(store.Bind(db.Table(Post{}), store.Compare("author_id", query.OpEq, store.Var("id"))))
	guards := map[*store.Table]*store.Guard{}
	for _, t := range db.Tables() {
		all := t.AllColumns()
		g := &store.Guard{Read: store.True(), Readable: all, Creatable: all, Updatable: all, UncheckedReferences: all}
		if t == db.Table(Post{}) {
			g.Read, g.Update, g.Delete = own, own, own
		}
		guards[t] = g
	}
	return &store.Scope{
		Var:   func(string) (string, bool) { return "01a1f84e-f789-76a5-be20-a71b1683346d", true },
		Guard: func(t *store.Table) *store.Guard { return guards[t] },
	}
}

// idleDB is a database over a driver that does nothing.
func idleDB(b *testing.B, dialect string) *store.DB {
	b.Helper()
	models := must(sqlite.Open(b.Context(), ":memory:", nil))
	b.Cleanup(func() { _ = models.Close() })
	db := store.New(idle{name: dialect, bun: models.Bun()}, store.Options{})
	if err := db.Register(Author{}, Post{}, Tag{}, PostTag{}); err != nil {
		b.Fatal(err)
	}
	return db
}

type idle struct {
	name string
	bun  *bun.DB
}

var _ driver.Driver = idle{}

func (d idle) Dialect() driver.Dialect {
	return driver.Dialect{Name: d.name, Fold: `lower(%s collate "und-x-icu")`}
}
func (d idle) Bun() *bun.DB { return d.bun }
func (idle) Close() error   { return nil }

func (idle) Ping(context.Context) error { return nil }

func (idle) Stats() []driver.PoolStats { return nil }

func (idle) Query(context.Context, driver.Conn, *driver.Statement, *driver.Result) error { return nil }

func (idle) Exec(context.Context, driver.Conn, *driver.Statement) (int64, error) { return 0, nil }

func (idle) Begin(context.Context, driver.TxOptions) (driver.Conn, error) { return idleConn{}, nil }

type idleConn struct{}

func (idleConn) Commit(context.Context) error { return nil }
func (idleConn) Rollback() error              { return nil }
func (idleConn) SQL() *sql.Tx                 { return nil }
