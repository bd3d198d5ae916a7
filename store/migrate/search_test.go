package migrate_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/query"
)

type plainPost struct {
	bun.BaseModel `bun:"table:posts"`
	ID            string `bun:",pk"`
	Title         string
}

type searchedPost struct {
	bun.BaseModel `bun:"table:posts"`
	ID            string `bun:",pk"`
	Title         string `plinth:"searchable"`
	Body          *string
}

type renamedPost struct {
	bun.BaseModel `bun:"table:posts"`
	ID            string  `bun:",pk"`
	Headline      string  `plinth:"searchable"`
	Body          *string `plinth:"searchable"`
}

// find counts the rows a search finds.
func find[T any](t *testing.T, db *store.DB, column, search string) int64 {
	t.Helper()
	n, err := store.For[T](db).Count(t.Context(), store.Compare(column, query.OpSearch, search))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A table with rows gets an index that knows them; without it a program does not
// start.
func TestSearchIndexForRows(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		before := open(plainPost{})
		up(t, before)
		apply(t, before)
		db := open(searchedPost{})
		runSQL(t, db, `insert into posts (id, title) values ('a', 'Old words'), ('b', 'İlk')`)
		var wrong *migrate.SchemaError
		if err := migrate.Verify(t.Context(), db); !errors.As(err, &wrong) || !strings.Contains(err.Error(), "posts.title has no search index") {
			t.Errorf("Verify without the index: %v", err)
		}
		plan := apply(t, db)
		can, text := db.Capabilities(), plan.String()
		if can.Fold != "" { // which expression folds letters depends on the locale of the database
			text = strings.ReplaceAll(text, fmt.Sprintf(can.Fold, "pg_catalog.left($1, 100000)"), "<fold of pg_catalog.left($1, 100000)>")
		}
		golden(t, "search."+can.Engine+".sql", text)
		if again := diff(t, db).String(); again != "" {
			t.Errorf("after Apply there is still to do:\n%s", again)
		}
		if n := find[searchedPost](t, db, "title", "WORDS"); n != 1 {
			t.Errorf("found %d rows that were there, want 1", n)
		}
		if n := find[searchedPost](t, db, "title", "ilk"); n != 1 {
			t.Errorf("found %d rows that were there, want 1", n)
		}
		if err := migrate.Verify(t.Context(), db); err != nil {
			t.Error(err)
		}
	})
}

// A column that was renamed gets another index, and the old one is named.
func TestSearchIndexRenamed(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		before := open(searchedPost{})
		up(t, before)
		apply(t, before)
		runSQL(t, before, `insert into posts (id, title) values ('a', 'Old words')`)
		runSQL(t, before, `alter table posts rename column title to headline`)
		db := open(renamedPost{})
		plan := apply(t, db)
		if n := find[renamedPost](t, db, "headline", "old"); n != 1 {
			t.Errorf("found %d rows, want 1", n)
		}
		const stale = "search index posts_title_search of posts belongs to no searchable column: when no program needs it any more, "
		i := strings.Index(strings.Join(plan.Manual, "\n"), stale)
		if len(plan.Manual) != 1 || i != 0 {
			t.Fatalf("manual: %q", plan.Manual)
		}
		for statement := range strings.SplitSeq(plan.Manual[0][len(stale):], ";") {
			runSQL(t, db, statement)
		}
		if again := diff(t, db).String(); again != "" {
			t.Errorf("after the drop there is still to do:\n%s", again)
		}
		runSQL(t, db, `update posts set headline = 'new words'`)
		if n := find[renamedPost](t, db, "headline", "new"); n != 1 {
			t.Errorf("found %d rows, want 1", n)
		}
		if err := migrate.Verify(t.Context(), db); err != nil {
			t.Error(err)
		}
	})
}

// What is there in part, or is something else, is for a person.
func TestSearchIndexBroken(t *testing.T) {
	t.Parallel()
	broken := map[string][]string{
		"sqlite": {
			`drop trigger posts_title_search_update`,
			`drop table posts_title_search_keys`,
			`drop trigger posts_title_search_delete; create trigger posts_title_search_delete after delete on posts begin select 1; end`,
		},
		"postgres": {
			`drop index posts_title_search; create index posts_title_search on posts (title)`,
			`drop index posts_title_search; create index posts_title_search on posts using gin (plinth_search(title)) where id <> 'x'`,
			`create or replace function plinth_search(text) returns tsvector language sql immutable as $$ select to_tsvector('simple', $1) $$`,
		},
	}
	engines(t, func(t *testing.T, open func(...any) *store.DB) {
		db := open(searchedPost{})
		up(t, db)
		apply(t, db)
		for _, fault := range broken[db.Capabilities().Engine] {
			runSQL(t, db, fault)
			plan := diff(t, db)
			if len(plan.Statements) > 0 || len(plan.Manual) != 1 {
				t.Errorf("%s: plan\n%s", fault, plan)
				continue
			}
			if err := migrate.Verify(t.Context(), db); err == nil || !strings.Contains(err.Error(), "posts.title has no search index") {
				t.Errorf("%s: Verify: %v", fault, err)
			}
			_, advice, _ := strings.Cut(plan.Manual[0], ": drop ")
			drops, _, ok := strings.Cut("drop "+advice, "; then run this again")
			if !ok {
				t.Fatalf("%s: advice %q", fault, plan.Manual[0])
			}
			for statement := range strings.SplitSeq(drops, ";") {
				runSQL(t, db, statement)
			}
			apply(t, db)
			if err := migrate.Verify(t.Context(), db); err != nil {
				t.Errorf("%s: after the repair: %v", fault, err)
			}
		}
	})
}
