package bench_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// Item is the row that most cases read and write.
type Item struct {
	bun.BaseModel `bun:"table:items"`
	store.Model
	store.Untracked
	OwnerID store.ID `bun:",notnull"`
	Title   string   `bun:",notnull" validate:"required,max=200"`
	Body    string   `bun:",notnull"`
	Price   int64    `bun:",notnull"`
}

// TrackedItem is an Item whose writes go to the change log too.
type TrackedItem struct {
	bun.BaseModel `bun:"table:tracked_items"`
	store.Model
	OwnerID store.ID `bun:",notnull"`
	Title   string   `bun:",notnull" validate:"required,max=200"`
	Body    string   `bun:",notnull"`
	Price   int64    `bun:",notnull"`
}

// Author, Post and Comment are read as a tree of three levels.
type Author struct {
	bun.BaseModel `bun:"table:authors"`
	store.Untracked
	ID     int64   `bun:",pk"`
	Name   string  `bun:",notnull"`
	Active bool    `bun:",notnull"`
	Posts  []*Post `bun:"rel:has-many,join:id=author_id"`
}

// Post belongs to an author.
type Post struct {
	bun.BaseModel `bun:"table:posts"`
	store.Untracked
	ID       int64      `bun:",pk"`
	AuthorID int64      `bun:",notnull"`
	Title    string     `bun:",notnull"`
	Score    int64      `bun:",notnull"`
	Public   bool       `bun:",notnull"`
	Comments []*Comment `bun:"rel:has-many,join:id=post_id"`
}

// Comment belongs to a post, and to the author who wrote it.
type Comment struct {
	bun.BaseModel `bun:"table:comments"`
	store.Untracked
	ID       int64   `bun:",pk"`
	PostID   int64   `bun:",notnull"`
	WriterID int64   `bun:",notnull"`
	Body     string  `bun:",notnull"`
	Hidden   bool    `bun:",notnull"`
	Writer   *Author `bun:"rel:belongs-to,join:writer_id=id"`
}

// itemsList is the index of the lists by price, which are read backwards.
const itemsList = "create index items_list on items (owner_id, price, id)"

// The indexes both sides use.
var indexes = []string{
	itemsList,
	"create index items_keys on items (owner_id, id)",
	"create index tracked_items_list on tracked_items (owner_id, price, id)",
	"create index posts_best on posts (author_id, score, id)",
	"create index comments_first on comments (post_id, id)",
}

const (
	ownerCount = 10
	maxPrice   = 100_000
)

// size is how much there is of what.
type size struct{ items, authors int }

// Measured is the full size; to compare answers less will do.
var (
	fullSize  = size{items: 10_000, authors: 1_000}
	smallSize = size{items: 1_000, authors: 100}
)

func chosenSize(measured bool) size {
	if measured {
		return fullSize
	}
	return smallSize
}

// content is the data of a database, the same for every run but for the keys'
// time.
type content struct {
	owners   []store.ID
	items    []*Item
	tracked  []*TrackedItem
	authors  []*Author
	posts    []*Post
	comments []*Comment
}

func newContent(n size) *content {
	random := rand.New(rand.NewPCG(5, 6))
	c := &content{}
	for range ownerCount {
		c.owners = append(c.owners, store.NewID())
	}
	written := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for i := range n.items {
		written = written.Add(time.Duration(random.IntN(1e6)) * time.Microsecond)
		item := &Item{
			Model:   store.Model{ID: store.NewID(), CreatedAt: written, UpdatedAt: written, Version: 1},
			OwnerID: c.owners[i%ownerCount], Title: fmt.Sprintf("Item %d of the \"catalogue\"", i), Body: words(random, 200),
			Price: random.Int64N(maxPrice),
		}
		c.items = append(c.items, item)
		tracked := TrackedItem{Model: item.Model, OwnerID: item.OwnerID, Title: item.Title, Body: item.Body, Price: item.Price}
		tracked.ID = store.NewID()
		c.tracked = append(c.tracked, &tracked)
	}
	authors := int64(n.authors)
	for i := range authors {
		c.authors = append(c.authors, &Author{ID: i + 1, Name: fmt.Sprintf("Author %d", i+1), Active: random.IntN(10) > 0})
	}
	for i := range 10 * authors {
		c.posts = append(c.posts, &Post{
			ID: i + 1, AuthorID: 1 + random.Int64N(authors), Title: words(random, 40), Score: random.Int64N(1000),
			Public: random.IntN(10) > 0,
		})
	}
	for i := range 40 * authors {
		c.comments = append(c.comments, &Comment{
			ID: i + 1, PostID: 1 + random.Int64N(10*authors), WriterID: 1 + random.Int64N(authors), Body: words(random, 60),
			Hidden: random.IntN(10) == 0,
		})
	}
	return c
}

// words returns text of exactly n bytes. Like what people write it has now and
// then something that JSON escapes, or a letter beyond ASCII.
func words(random *rand.Rand, n int) string {
	plain := [...]string{"alpha ", "beta ", "gamma ", "delta ", "epsilon ", "zeta ", "eta ", "theta "}
	special := [...]string{"end.\n", "\"quoted\" ", "größer "}
	var b strings.Builder
	for b.Len() < n {
		if random.IntN(20) == 0 {
			b.WriteString(special[random.IntN(len(special))])
			continue
		}
		b.WriteString(plain[random.IntN(len(plain))])
	}
	return strings.ToValidUTF8(b.String()[:n], "?")
}

// load fills an empty database.
func (c *content) load(tb testing.TB, db *store.DB) {
	tb.Helper()
	if err := db.Register(Item{}, TrackedItem{}, Author{}, Post{}, Comment{}); err != nil {
		tb.Fatal(err)
	}
	if _, err := migrate.Auto(tb.Context(), db); err != nil {
		tb.Fatal(err)
	}
	insert(tb, db, c.items)
	insert(tb, db, c.tracked)
	insert(tb, db, c.authors)
	insert(tb, db, c.posts)
	insert(tb, db, c.comments)
	for _, text := range indexes {
		if _, err := db.Bun().ExecContext(tb.Context(), text); err != nil {
			tb.Fatal(err)
		}
	}
}

func insert[T any](tb testing.TB, db *store.DB, rows []T) {
	tb.Helper()
	const chunk = 500
	for len(rows) > 0 {
		part := rows[:min(chunk, len(rows))]
		rows = rows[len(part):]
		if _, err := db.Bun().NewInsert().Model(&part).Exec(tb.Context()); err != nil {
			tb.Fatal(err)
		}
	}
}
