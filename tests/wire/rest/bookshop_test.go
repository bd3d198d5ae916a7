package rest_test

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// Author is read by everybody and written by editors, as books and genres are.
type Author struct {
	bun.BaseModel `bun:"table:authors"`
	ID            int64       `bun:",pk,autoincrement"`
	Name          string      `bun:",notnull,unique"`
	Born          *store.Date //
	Books         []*Book     `bun:"rel:has-many,join:id=author_id"`
}

// Book has columns of many kinds. Cost is for editors only.
type Book struct {
	bun.BaseModel `bun:"table:books"`
	ID            int64         `bun:",pk,autoincrement"`
	AuthorID      int64         `bun:",notnull"`
	Title         string        `bun:",notnull" validate:"required" plinth:"searchable"`
	Year          *int64        //
	Price         store.Decimal `bun:",notnull"`
	InPrint       bool          `bun:",notnull,default:true"`
	ISBN          *string       `bun:",unique" plinth:"createonly"`
	Details       *store.JSON   //
	Cost          int64         `bun:",notnull"`
	Author        *Author       `bun:"rel:belongs-to,join:author_id=id"`
	Genres        []*Genre      `bun:"m2m:book_genres,join:Book=Genre"`
	Reviews       []*Review     `bun:"rel:has-many,join:id=book_id"`
}

// Genre has a key that is chosen, not generated, and no version.
type Genre struct {
	bun.BaseModel `bun:"table:genres"`
	Code          string  `bun:",pk"`
	Name          string  `bun:",notnull"`
	Rank          int64   `bun:",notnull,default:5"`
	Books         []*Book `bun:"m2m:book_genres,join:Genre=Book"`
}

// BookGenre is the junction, with a key of two columns.
type BookGenre struct {
	bun.BaseModel `bun:"table:book_genres"`
	BookID        int64  `bun:",pk"`
	GenreCode     string `bun:",pk"`
	Book          *Book  `bun:"rel:belongs-to,join:book_id=id"`
	Genre         *Genre `bun:"rel:belongs-to,join:genre_code=code"`
}

// Review belongs to its reader; others see it once it is published.
type Review struct {
	bun.BaseModel `bun:"table:reviews"`
	store.Model
	BookID    int64    `bun:",notnull"`
	ReaderID  store.ID `bun:",notnull"`
	Stars     int64    `bun:",notnull" validate:"min=1,max=5"`
	Text      string   `bun:",notnull" plinth:"searchable"`
	Published bool     `bun:",notnull"`
	Book      *Book    `bun:"rel:belongs-to,join:book_id=id"`
}

// The reviews by their keys.
const (
	annPublished = "01900000-0000-7000-8000-000000000001" // of book 1
	annDraft     = "01900000-0000-7000-8000-000000000002" // of book 2
	bobDraft     = "01900000-0000-7000-8000-000000000003" // of book 1
)

// bookshop is the application that most sections ask.
func bookshop() part {
	return part{
		models: []any{Author{}, Book{}, Genre{}, BookGenre{}, Review{}},
		exposed: func(db *store.DB) []api.Exposed {
			editor := api.Role("editor")
			edited := api.Policy{Read: api.Anyone(), Create: editor, Update: editor, Delete: editor}
			books := edited
			books.Columns = map[string]api.ColumnRule{"cost": {Read: editor, Create: editor, Update: editor}}
			own := api.OwnedBy("reader_id")
			own.Read = api.AnyOf(own.Read, api.Where(store.Eq("published", true)))
			return []api.Exposed{
				api.Resource[Author]{Policy: edited},
				api.Resource[Book]{Policy: books},
				api.Resource[Genre]{Policy: edited},
				api.Resource[BookGenre]{Policy: edited},
				api.Resource[Review]{Policy: own},
				api.Func("add", api.Anyone(), add),
				api.Func("cheapest", api.Anyone(), func(ctx context.Context, _ struct{}) (*Book, error) {
					return store.For[Book](db).First(ctx, store.Query{Order: []store.Order{{Column: "price"}}})
				}),
				api.Func("all_reviews", api.Anyone(), func(ctx context.Context, _ struct{}) ([]*Review, error) {
					return store.For[Review](db).List(ctx, store.Query{})
				}),
				api.TxFunc("rerank", editor, rerank),
				api.ReadFunc("in_years", api.Anyone(), inYears),
				api.ReadFunc("age", api.Anyone(), age),
				api.Func("ping", api.SignedIn(), func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil }),
			}
		},
		fill: fillBookshop,
	}
}

func add(_ context.Context, in struct {
	A int64 `json:"a" validate:"required"`
	B int64 `json:"b"`
},
) (int64, error) {
	return in.A + in.B, nil
}

// age returns the age of a book.
func age(_ context.Context, _ *store.Tx, in struct {
	Born int64 `json:"born"`
},
) (int64, error) {
	return 2025 - in.Born, nil
}

// rerank moves a genre.
func rerank(ctx context.Context, tx *store.Tx, in struct {
	Code string `json:"code" validate:"required"`
	Rank int64  `json:"rank" validate:"required"`
},
) (*Genre, error) {
	return store.For[Genre](tx).Patch(ctx, in.Code, store.SetTo("rank", in.Rank))
}

// inYears returns the books of some years, in their order.
func inYears(ctx context.Context, tx *store.Tx, in struct {
	Years []int64 `json:"years"`
},
) (books []*Book, err error) {
	for _, year := range in.Years {
		found, err := store.For[Book](tx).List(ctx, store.Query{Where: store.Eq("year", year)})
		if err != nil {
			return nil, err
		}
		books = append(books, found...)
	}
	return books, nil
}

func fillBookshop(tb testing.TB, db *store.DB) {
	tb.Helper()
	born := store.NewDate(1775, 12, 16)
	insert(tb, db, &Author{Name: "Austen", Born: &born}, &Author{Name: "Borges"}, &Author{Name: "Čapek"})
	insert(
		tb, db,
		&Book{AuthorID: 1, Title: "Emma", Year: new(int64(1815)), Price: decimal(tb, "12.50"), InPrint: true, ISBN: new("978-1"), Details: new(store.JSON(`{"pages":474,"format":"paper"}`)), Cost: 5},
		&Book{AuthorID: 1, Title: "Persuasion", Year: new(int64(1817)), Price: decimal(tb, "9.90"), InPrint: true, ISBN: new("978-2"), Cost: 4},
		&Book{AuthorID: 2, Title: "Ficciones", Year: new(int64(1944)), Price: decimal(tb, "15"), InPrint: true, Details: new(store.JSON(`{"pages":174,"shelf":null}`)), Cost: 6},
		&Book{AuthorID: 3, Title: "R.U.R., \"a play\"", Price: decimal(tb, "7.25"), Cost: 3},
	)
	insert(tb, db, &Genre{Code: "novel", Name: "Novel", Rank: 1}, &Genre{Code: "story", Name: "Short story", Rank: 2}, &Genre{Code: "play", Name: "Play", Rank: 3})
	insert(tb, db, &BookGenre{BookID: 1, GenreCode: "novel"}, &BookGenre{BookID: 2, GenreCode: "novel"}, &BookGenre{BookID: 3, GenreCode: "story"}, &BookGenre{BookID: 4, GenreCode: "play"})
	insert(
		tb, db,
		&Review{Model: model(tb, annPublished), BookID: 1, ReaderID: ann, Stars: 5, Text: "Again!", Published: true},
		&Review{Model: model(tb, annDraft), BookID: 2, ReaderID: ann, Stars: 4, Text: "to be written"},
		&Review{Model: model(tb, bobDraft), BookID: 1, ReaderID: bob, Stars: 2, Text: "not sure"},
	)
}

func decimal(tb testing.TB, text string) store.Decimal {
	tb.Helper()
	d, err := store.ParseDecimal(text)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func model(tb testing.TB, text string) store.Model {
	tb.Helper()
	id, err := store.ParseID(text)
	if err != nil {
		tb.Fatal(err)
	}
	return store.Model{ID: id}
}
