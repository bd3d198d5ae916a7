package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Story has rules on columns that callers know and on those that they do not.
type Story struct {
	bun.BaseModel `bun:"table:stories"`
	ID            int64  `bun:",pk"`
	Title         string `bun:",notnull" validate:"required"`
	Slug          string `bun:",notnull" validate:"required" plinth:"hidden"`
	Pin           string `bun:",notnull" validate:"required" plinth:"secret"`
	Rank          string `bun:",notnull" validate:"required"`
}

// Edition is what a hook writes; the scopes of the test know nothing of it.
type Edition struct {
	bun.BaseModel `bun:"table:editions"`
	ID            int64  `bun:",pk"`
	Press         string `bun:",notnull" validate:"required"`
}

// Headline is a story with hooks.
type Headline struct {
	bun.BaseModel `bun:"table:headlines"`
	ID            int64  `bun:",pk"`
	Title         string `bun:",notnull" validate:"required"`
	Slug          string `bun:",notnull" validate:"required" plinth:"hidden"`
}

// A rule on a column that a caller cannot know refuses without its name.
func TestInvalidColumnsAreThoseTheScopeKnows(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		err := store.Before(db, func(ctx context.Context, w *store.Write[Headline]) error {
			switch w.New.Title {
			case "press":
				return store.For[Edition](w.Tx).Insert(ctx, &Edition{ID: 1})
			case "":
				w.New.Slug = "untitled"
				return nil
			case "own":
				return &store.ValidationError{Fields: []store.FieldError{{Column: "password", Text: "is missing"}, {Column: "slug", Text: "is taken"}}}
			case "wrapped":
				return &answered{&store.ValidationError{Fields: []store.FieldError{{Column: "slug", Text: "is taken"}}}}
			}
			w.New.Slug = strings.TrimRight(w.New.Title, "!")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		story := db.TableNamed("stories")
		var readable, writable store.ColumnSet
		readable.Add(story.Column("id"))
		writable.Add(story.Column("title"))
		narrow := all()
		narrow.Readable, narrow.Creatable, narrow.Updatable = readable, writable, writable
		narrow.Creatable.Add(story.Column("id"))
		scope := guards(db, nil, map[string]store.Guard{"stories": narrow, "headlines": all()})
		for _, tt := range []struct {
			table, op, body string
			seen, whole     string // columns a caller and the log are told
		}{
			{"stories", "insert", `{"id":1}`, "title", "title slug pin rank"},
			{"stories", "insert", `{"id":1,"title":"x"}`, "", "slug pin rank"},
			{"stories", "update", `{"title":""}`, "title", "title"},
			{"headlines", "insert", `{"id":1,"title":"!"}`, "", "slug"},
			{"headlines", "insert", `{"id":1,"title":""}`, "title", "title"},
			{"headlines", "insert", `{"id":1,"title":"press"}`, "", "press"},
			{"headlines", "insert", `{"id":1,"title":"own"}`, "password", "password slug"},
			{"headlines", "insert", `{"id":1,"title":"wrapped"}`, "-", "slug"},
		} {
			gate := gateFor(db, db.TableNamed(tt.table), scope)
			var err error
			if tt.op == "insert" {
				err = gate.Insert(t.Context(), must(gate.DecodeInput([]byte(tt.body), access.InputOptions{})), query.WriteOptions{}, new(query.Rows))
			} else {
				err = gate.Update(t.Context(), must(gate.DecodePatch([]byte(tt.body), nil)), store.True(), query.WriteOptions{}, new(query.Rows))
			}
			var invalid *store.ValidationError
			if !errors.As(err, &invalid) {
				t.Fatalf("%s of %s: %v", tt.op, tt.body, err)
			}
			for _, column := range []string{"title", "slug", "pin", "rank", "press", "password"} {
				if told := strings.Contains(err.Error(), column+": "); told != slices.Contains(strings.Fields(tt.whole), column) {
					t.Errorf("%s of %s: the log says %v", tt.op, tt.body, err)
				}
			}
			if tt.seen == "-" {
				if code(err) != "PT409" {
					t.Errorf("%s: the hook's own answer became %v", tt.body, err)
				}
				continue
			}
			var seen []string
			for _, f := range invalid.Fields {
				seen = append(seen, f.Column)
			}
			details := fault.DescribeFields(invalid.Fields)
			if code(err) != "PL002" || strings.Join(seen, " ") != tt.seen || strings.Contains(details, "slug") || strings.Contains(details, "press") {
				t.Errorf("%s of %s: %q, %q", tt.op, tt.body, seen, details)
			}
			if invalid.Table == "editions" {
				t.Errorf("%s: the caller is told of the table editions", tt.body)
			}
		}
		var invalid *store.ValidationError
		err = store.For[Story](db).Insert(t.Context(), &Story{ID: 1})
		if !errors.As(err, &invalid) || len(invalid.Fields) != 4 {
			t.Errorf("trusted code is told %v", err)
		}
	}, storetest.Models(Story{}, Edition{}, Headline{}))
}

// answered is an error whose answer a hook decides.
type answered struct{ error }

func (a *answered) Unwrap() error { return a.error }

func (a *answered) Problem() string { return "PT409" }
