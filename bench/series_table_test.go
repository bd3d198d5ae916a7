package bench_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// bulk is an arena whose items the database makes by itself, each of its number,
// so that a million takes seconds. Every other one is the caller's; only those
// the content has too.
type bulk struct {
	*arena
	rows int
}

func newBulk(t *testing.T, engine string) *bulk {
	t.Helper()
	return &bulk{arena: newArena(t, engine, &content{owners: []store.ID{store.NewID(), store.NewID()}}, *growth)}
}

// The item of a number: keys in order, as they come with time, and prices all
// over the place.
const (
	bulkKey   = "00000000-0000-7000-8000-"
	bulkPrice = 7919 // times the number, modulo maxPrice
	bulkChunk = 100_000
)

// bulkText makes items of numbers from and to the operands. What differs between
// the engines: where numbers come from, and how they become keys.
const bulkText = `insert into items (id, created_at, updated_at, version, owner_id, title, body, price)
	select %s, cast('2026-11-20T12:00:00.000000+00:00' as %s), cast('2026-11-20T12:00:00.000000+00:00' as %[2]s), 1,
		cast(case n %% 2 when 0 then '%s' else '%s' end as %s), 'Item ' || n, '%s', n * %d %% %d
	from %s`

// text makes the items of some numbers.
func (b *bulk) text(from, to int) string {
	key, stamp, id := "cast('"+bulkKey+"' || lpad(to_hex(n), 12, '0') as uuid)", "timestamptz", "uuid"
	numbers := fmt.Sprintf("generate_series(cast(%d as bigint), %d) n", from, to)
	if b.engine == engineSQLite {
		key, stamp, id = "printf('"+bulkKey+"%012x', n)", "text", "text"
		numbers = fmt.Sprintf("(with recursive numbers(n) as (select %d union all select n + 1 from numbers where n < %d) select n from numbers)", from, to)
	}
	return fmt.Sprintf(bulkText, key, stamp, b.content.owners[0], b.content.owners[1], id, strings.Repeat("word ", 40), bulkPrice, maxPrice, numbers)
}

// grow adds items until there are so many.
func (b *bulk) grow(t *testing.T, rows int) {
	t.Helper()
	begin := time.Now()
	// An index on what comes in no order is made faster than it grows.
	texts := []string{"drop index items_list"}
	for from := b.rows; from < rows; from += bulkChunk {
		texts = append(texts, b.text(from, min(from+bulkChunk, rows)-1))
	}
	b.fill(t, func(db *store.DB) {
		for _, text := range append(texts, itemsList) {
			if _, err := db.Bun().ExecContext(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
	})
	for n := b.rows + b.rows%2; n < rows; n += 2 {
		id, err := store.ParseID(fmt.Sprintf("%s%012x", bulkKey, n))
		if err != nil {
			t.Fatal(err)
		}
		b.content.items = append(b.content.items, &Item{Model: store.Model{ID: id}, OwnerID: b.content.owners[0], Price: int64(n) * bulkPrice % maxPrice})
	}
	b.rows = rows
	b.tidy(t)
	t.Logf("%s rows after %v", grouped(rows), time.Since(begin).Round(time.Millisecond))
}

// runTable asks the same of a growing table.
func runTable(t *testing.T, engine string) []finding {
	sizes := []int{100, 1_000}
	if *growth {
		sizes = []int{1_000, 10_000, 100_000, 1_000_000}
	}
	b := newBulk(t, engine)
	var list []step
	for _, n := range sizes {
		list = append(list, step{
			at: n,
			prepare: func(t *testing.T) {
				b.grow(t, n)
				b.serve(t, serverConfig{})
			},
			cases: func() []*comparison {
				m := newRequestMaker(b.content, 0, nil)
				return []*comparison{
					{name: "point read", requests: m.make(m.point), status: http.StatusOK},
					{name: "list of 20", requests: m.make(m.list), status: http.StatusOK},
				}
			},
		})
	}
	return b.climb(t, list, (*measurement).ratioCells)
}
