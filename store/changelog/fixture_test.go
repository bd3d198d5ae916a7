package changelog_test

import (
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Author, Post, Tag and PostTag are a small blog with every kind of relation.
type Author struct {
	bun.BaseModel `bun:"table:authors"`
	store.Model
	Name  string  `bun:",notnull" validate:"required"`
	Email *string `bun:",unique" plinth:"hidden"`
	Hash  string  `bun:",notnull" plinth:"secret"`
	Posts []*Post `bun:"rel:has-many,join:id=author_id"`
}

type Post struct {
	bun.BaseModel `bun:"table:posts"`
	store.Model
	store.SoftDelete
	AuthorID  store.ID      `bun:",notnull"`
	ParentID  *store.ID     // answers another post
	Title     string        `bun:",notnull" validate:"required"`
	Score     int64         `bun:",notnull,default:10"`
	Rating    *float64      //
	Price     store.Decimal `bun:",notnull"`
	Published *time.Time    //
	Public    bool          `bun:",notnull"`
	Meta      store.JSON    `bun:",notnull"`
	Labels    []string      `bun:",array,notnull"`
	Author    *Author       `bun:"rel:belongs-to,join:author_id=id"`
	Parent    *Post         `bun:"rel:belongs-to,join:parent_id=id"`
	Replies   []*Post       `bun:"rel:has-many,join:id=parent_id"`
	Tags      []Tag         `bun:"m2m:post_tags,join:Post=Tag"`
}

type Tag struct {
	bun.BaseModel `bun:"table:tags"`
	ID            int64  `bun:",pk,autoincrement"`
	Name          string `bun:",notnull,unique"`
}

type PostTag struct {
	bun.BaseModel `bun:"table:post_tags"`
	store.Untracked
	PostID store.ID `bun:",pk"`
	TagID  int64    `bun:",pk"`
	Post   *Post    `bun:"rel:belongs-to,join:post_id=id,on_delete:CASCADE"`
	Tag    *Tag     `bun:"rel:belongs-to,join:tag_id=id"`
}

// engines runs a test on SQLite and on PostgreSQL.
func engines(t *testing.T, run func(t *testing.T, db *store.DB)) {
	t.Helper()
	storetest.Engines(t, pgtest.Source(), run, storetest.Models(Author{}, Post{}, Tag{}, PostTag{}))
}

// must returns v or ends the test by a panic that names the error.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// guards makes a scope of tenant "a" out of guards by table name. Guards without
// columns get those of the model.
func guards(db *store.DB, vars map[string]string, rules map[string]store.Guard) *store.Scope {
	byTable := map[*store.Table]*store.Guard{}
	for name, g := range rules {
		t := db.TableNamed(name)
		for _, c := range []*store.Cond{&g.Read, &g.Create, &g.Update, &g.UpdateCheck, &g.Delete, &g.Restore} {
			*c = must(store.Bind(t, *c))
		}
		if g.Readable == (store.ColumnSet{}) {
			g.Readable = t.PublicColumns()
		}
		if g.Creatable == (store.ColumnSet{}) {
			g.Creatable = t.CreatableColumns()
		}
		if g.Updatable == (store.ColumnSet{}) {
			g.Updatable = t.UpdatableColumns()
		}
		byTable[t] = &g
	}
	return &store.Scope{
		Actor: "actor", Tenant: "a",
		Var:   func(name string) (string, bool) { v, ok := vars[name]; return v, ok },
		Guard: func(t *store.Table) *store.Guard { return byTable[t] },
	}
}
