package served_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// Shelf has books, which have a shelf: what a request can ask for without end.
type Shelf struct {
	bun.BaseModel `bun:"table:shelves"`
	ID            int64   `bun:",pk"`
	Name          string  `bun:",notnull"`
	Books         []*Book `bun:"rel:has-many,join:id=shelf_id"`
}

// Book is one of booksOnShelf on a Shelf.
type Book struct {
	bun.BaseModel `bun:"table:books"`
	ID            int64  `bun:",pk"`
	ShelfID       int64  `bun:",notnull"`
	Shelf         *Shelf `bun:"rel:belongs-to,join:shelf_id=id"`
}

const (
	shelves      = 50
	booksOnShelf = 20
)

const othersWithin = 500 * time.Millisecond

// The dearest read there is: 8 embeds, 4 of them in one another, and as many rows as a
// page may have.
const dearest = "GET /rest/v1/books?limit=1000&select=id,a:shelf(books(id,shelf(name,books(id)))),b:shelf(books(id,shelf(name,books(id))))"

// TestServedExpensiveReads (A-46, over sockets): one caller sends the most expensive read
// 50 times at once, again and again, to a server with default settings. All requests of
// other callers are served, 99 of 100 within othersWithin. It has only a long form, beside
// nothing else.
func TestServedExpensiveReads(t *testing.T) {
	programtest.SkipShort(t)
	const lasts = 20 * time.Second
	engines(t, func(t *testing.T, s *site) {
		others := newClients(t, s)
		others.during(t, func() { time.Sleep(lasts / 4) }) // connections and caches
		base := p99(others.during(t, func() { time.Sleep(lasts) }))
		var answers map[int]int
		during := p99(others.during(t, func() { answers = s.readDearest(lasts) }))
		t.Logf("%v; p99 of others %s, before %s: %.1f times", answers, during, base, float64(during)/float64(base))
		if answers[http.StatusOK] == 0 || answers[0] > 0 {
			t.Errorf("answers to the most expensive read: %v", answers)
		}
		if during > othersWithin {
			t.Errorf("99 of 100 requests of others within %s, before %s", during, base)
		}
	})
}

// readDearest sends the dearest read by 50 connections of one caller, each again as soon as
// it is answered, a tenth of a second later where it is refused. It counts the answers.
func (s *site) readDearest(lasts time.Duration) map[int]int {
	var wg sync.WaitGroup
	var mu sync.Mutex
	answers := map[int]int{}
	end := time.Now().Add(lasts)
	for range 50 {
		wg.Go(func() {
			w := &wire{}
			for time.Now().Before(end) {
				status := w.askInto(io.Discard, s.address, dearest+header(0)+"\r\n")
				mu.Lock()
				answers[status]++
				mu.Unlock()
				if status != http.StatusOK {
					time.Sleep(time.Duration(50+rand.IntN(100)) * time.Millisecond)
				}
			}
			if w.Conn != nil {
				_ = w.Close()
			}
		})
	}
	wg.Wait()
	return answers
}

// library is the books of shelves, as statements.
func library() []string {
	var onShelves, inLibrary []string
	for i := range shelves {
		onShelves = append(onShelves, fmt.Sprintf("(%d, 'shelf %d')", i, i))
		for j := range booksOnShelf {
			inLibrary = append(inLibrary, fmt.Sprintf("(%d, %d)", i*booksOnShelf+j, i))
		}
	}
	return []string{
		"insert into shelves (id, name) values " + strings.Join(onShelves, ", "),
		"insert into books (id, shelf_id) values " + strings.Join(inLibrary, ", "),
	}
}
