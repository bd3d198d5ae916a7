package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// mark is part of every value that the test writes or asks for. As a number it is
// markNumber.
const (
	mark       = "qzxmark"
	markNumber = 987654321
)

// TestTracersNeverSeeValues writes, reads, filters and searches values with a mark,
// by every way the store has and by Bun's: no text of a statement shows it.
func TestTracersNeverSeeValues(t *testing.T) {
	t.Parallel()
	tracedEngines(t, func(t *testing.T, db *store.DB, r *recorder) {
		ctx := t.Context()
		author := &Author{Name: mark + "name", Email: new(mark + "@example.org"), Hash: mark + "hash"}
		post := &Post{
			Title: mark + " title", Score: markNumber, Rating: new(float64(markNumber)), Price: store.DecimalOf(markNumber),
			Meta: store.JSON(`{"` + mark + `":"` + mark + `"}`), Labels: []string{mark}, Published: new(time.Now()),
		}
		steps := []struct {
			name string
			run  func() error
		}{
			{"Insert", func() error { return store.For[Author](db).Insert(ctx, author) }},
			{"InsertOther", func() error { post.AuthorID = author.ID; return store.For[Post](db).Insert(ctx, post) }},
			{"Upsert", func() error { return store.For[Tag](db).Upsert(ctx, &Tag{ID: markNumber, Name: mark}, "name") }},
			{"Patch", func() error {
				_, err := store.For[Author](db).Patch(ctx, author.ID, store.SetTo("name", mark+"2"), store.SetTo("hash", mark+"3"))
				return err
			}},
			{"Violation", func() error {
				err := store.For[Author](db).Insert(ctx, &Author{Name: mark, Email: author.Email, Hash: mark})
				if err == nil {
					return fmt.Errorf("no error")
				}
				return nil
			}},
			{"Conditions", func() error { return filterAll(ctx, db) }},
			{"Aggregate", func() error {
				_, err := store.For[Post](db).Count(ctx, store.Compare("score", query.OpGt, markNumber-1))
				return err
			}},
			{"Pages", func() error {
				page, err := store.For[Post](db).Page(ctx, store.Query{Limit: store.Limit(1), Order: []store.Order{{Column: "title"}}})
				if err != nil || page.Next == "" {
					return err
				}
				_, err = store.For[Post](db).Page(ctx, store.Query{Limit: store.Limit(1), Order: []store.Order{{Column: "title"}}, After: page.Next})
				return err
			}},
			{"Setting", func() error {
				_, err := db.Setting(ctx, mark, func() (string, error) { return mark, nil })
				return err
			}},
			{"Receipt", func() error {
				return db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
					return access.KeepReceipt(ctx, tx, access.Receipt{Scope: mark, Key: mark, Fingerprint: mark, Answer: mark}, time.Hour)
				})
			}},
			{"Changes", func() error {
				_, err := changelog.Open(db, mark, &changelog.Options{Start: changelog.FromStart}).Drain(ctx, func(context.Context, *store.Tx, []changelog.Change) error { return nil })
				return err
			}},
			{"Delete", func() error { return store.For[Post](db).Delete(ctx, post.ID) }},
			{"Bun", func() error {
				_, err := db.Bun().NewUpdate().Model((*Author)(nil)).Set("hash = ?", mark).Where("name = ?", mark+`'"\`).Exec(ctx)
				return err
			}},
			{"BunRaw", func() error {
				_, err := db.Bun().ExecContext(ctx, "update authors set hash = ? where name in ('"+mark+"', ?)", mark, mark)
				return err
			}},
			{"BunInsert", func() error {
				_, err := db.Bun().NewInsert().Model(&[]Tag{{ID: markNumber + 1, Name: mark + "b"}}).Exec(ctx)
				return err
			}},
		}
		for _, s := range steps {
			if err := s.run(); err != nil {
				t.Errorf("%s: %v", s.name, err)
			}
			ended := r.take()
			if len(ended) == 0 {
				t.Errorf("%s: no statement", s.name)
			}
			for _, st := range ended {
				if shown := fmt.Sprintf("%+v", st); strings.Contains(shown, mark) || strings.Contains(shown, fmt.Sprint(markNumber)) {
					t.Errorf("%s shows a value: %s", s.name, shown)
				}
			}
		}
	})
}

// filterAll asks by every operator that takes a text.
func filterAll(ctx context.Context, db *store.DB) error {
	posts := store.For[Post](db)
	conds := []store.Cond{
		store.Compare("title", query.OpEq, mark), store.Compare("title", query.OpGte, mark), store.Compare("title", query.OpLike, "%"+mark+"%"),
		store.Compare("title", query.OpILike, "%"+mark+"%"), store.Compare("title", query.OpIn, []any{mark, mark + "2"}),
		store.Compare("labels", query.OpContains, []string{mark}), store.Compare("meta", query.OpEq, mark).At((store.Path{}).Key(mark).Text()),
		store.Compare("score", query.OpIn, []any{markNumber, markNumber + 1}), store.Compare("rating", query.OpEq, markNumber),
		store.Related("author", store.Compare("name", query.OpEq, mark)),
	}
	for i, c := range conds {
		if _, err := posts.List(ctx, store.Query{Where: store.Or(c, store.Not(c))}); err != nil {
			return fmt.Errorf("condition %d: %w", i, err)
		}
	}
	return nil
}
