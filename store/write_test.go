package store_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Tables and columns may have the names the compiler uses inside.
func TestNamesOfTheCompiler(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		logs := store.For[Log](db)
		one := int64(1)
		a := add(t, db, "", &Log{Text: "a", Present: &one})
		b := add(t, db, "", &Log{Text: "b", O0: &one})
		got, err := read(t, db, nil, Log{}, query.Query{Count: true, Order: []store.Order{{Column: "text", Desc: true}}, Select: []query.Selected{{Column: "text"}, {Column: "o0"}}})
		if want := `[{"text":"b","o0":1},{"text":"a","o0":null}]`; err != nil || got != want {
			t.Errorf("list = %s, %v, want %s", got, err, want)
		}
		page, err := logs.Page(t.Context(), store.Query{Order: []store.Order{{Column: "text"}}, Limit: store.Limit(1)})
		if err != nil || len(page.Items) != 1 || page.Items[0].ID != a.ID {
			t.Errorf("page: %+v, %v", page, err)
		}
		scope := guards(db, nil, map[string]store.Guard{"log": all(), "new": all()})
		if _, err := gateInsert(t, db, db.Table(LogLine{}), scope, fmt.Sprintf(`{"log_id":%d}`, b.ID), &query.Query{}); err != nil {
			t.Errorf("insert: %v", err)
		}
		if n, err := gateUpdate(t, db, db.Table(LogLine{}), scope, fmt.Sprintf(`{"log_id":%d}`, a.ID), store.True()); n != 1 || err != nil {
			t.Errorf("update: %d, %v", n, err)
		}
	})
}

// A patch that sets nothing reaches the row and changes nothing.
func TestEmptyPatch(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		tag := add(t, db, "", &Tag{Name: "x"})
		got, err := store.For[Tag](db).Patch(t.Context(), tag.ID)
		if err != nil || got.Name != "x" {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := store.For[Tag](db).Patch(t.Context(), tag.ID+1); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no row: %v", err)
		}
	})
}

// A key that nobody gives and nobody makes is a missing value on both engines.
func TestKeyIsMissing(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		if _, err := gateInsert(t, db, db.Table(Named{}), nil, `{"doc":{}}`, nil); code(err) != "23502" {
			t.Errorf("text key: %v", err)
		}
		if _, err := gateInsert(t, db, db.Table(Named{}), nil, `[{"doc":{}},{"doc":1}]`, nil); code(err) != "23502" {
			t.Errorf("text key: %v", err)
		}
		if _, err := gateInsert(t, db, db.Table(PostTag{}), nil, fmt.Sprintf(`{"post_id":%q}`, store.NewID()), nil); code(err) != "23502" && code(err) != "23503" {
			t.Errorf("composite key: %v", err)
		}
		got, _ := read(t, db, nil, Named{}, query.Query{})
		tags, _ := read(t, db, nil, PostTag{}, query.Query{})
		if got != "[]" || tags != "[]" {
			t.Errorf("rows without key: %s %s", got, tags)
		}
	})
}

// Null for a column that cannot hold it is a client's mistake, with hooks too.
func TestNullWithHooks(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		called := 0
		if err := store.Before(db, func(context.Context, *store.Write[Named]) error { called++; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := gateInsert(t, db, db.Table(Named{}), nil, `{"name":"x","doc":null}`, nil); code(err) != "23502" {
			t.Errorf("insert: %v", err)
		}
		// The document null is a value of its own.
		add(t, db, "", &Named{Name: "x"})
		note := "n"
		if _, err := store.For[Named](db).Patch(t.Context(), "x", store.SetTo("note", &note)); err != nil {
			t.Errorf("patch beside a document null: %v", err)
		}
		if _, err := gateUpdate(t, db, db.Table(Named{}), nil, `{"doc":null}`, store.True()); code(err) != "23502" {
			t.Errorf("update: %v", err)
		}
		if called == 0 {
			t.Error("the hook was not called")
		}
	})
}

// A hook fills what is required before anybody asks for it.
func TestHookFillsRequired(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		if err := store.Before(db, func(_ context.Context, w *store.Write[Item]) error {
			if w.New.Title == "" && w.New.Count == nil {
				w.New.Title = "made"
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		room := add(t, db, "a", &Room{Name: "r"})
		scope := guards(db, nil, map[string]store.Guard{"items": all(), "rooms": all()})
		body := fmt.Sprintf(`{"owner_id":%q,"room_id":%q`, room.ID, room.ID)
		got, err := gateInsert(t, db, db.Table(Item{}), scope, body+`}`, &query.Query{Select: []query.Selected{{Column: "title"}}})
		if want := `{"title":"made"}`; err != nil || got != want {
			t.Errorf("%s, %v", got, err)
		}
		if _, err := gateInsert(t, db, db.Table(Item{}), scope, body+`,"count":1}`, nil); code(err) != "PL002" {
			t.Errorf("nobody filled it: %v", err)
		}
	})
}

// Many rows at once: an upsert, and an answer in an order.
func TestManyRows(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		var body strings.Builder
		for i := range 1500 {
			fmt.Fprintf(&body, `,{"name":"n%04d","doc":%d}`, i, i)
		}
		rows := "[" + body.String()[1:] + "]"
		g := access.Trusted(db, db.Table(Named{}))
		in := must(g.DecodeInput([]byte(rows), access.InputOptions{}))
		var out query.Rows
		ret := &query.Query{Select: []query.Selected{{Column: "name"}}, Order: []store.Order{{Column: "name", Desc: true}}}
		if err := g.Insert(t.Context(), in, query.WriteOptions{Return: ret}, &out); err != nil || out.Count != 1500 || !strings.HasPrefix(string(out.Body), `{"name":"n1499"}`) {
			t.Errorf("insert in order: %d, %v", out.Count, err)
		}
		if err := g.Upsert(t.Context(), in, query.UpsertOptions{}, &out); err != nil || out.Inserted != 0 {
			t.Errorf("upsert: %d new, %v", out.Inserted, err)
		}
		docs := make([]store.JSON, 1200)
		for i := range docs {
			docs[i] = store.JSON(fmt.Sprint(i))
		}
		if n, err := store.For[Named](db).Count(t.Context(), store.In("doc", docs)); err != nil || n != 1200 {
			t.Errorf("in: %d, %v", n, err)
		}
	})
}

// Trusted code upserts columns that clients cannot see.
func TestTrustedUpsertWritesHiddenColumns(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		a := newAuthor(t, db, "Ann")
		a.Hash = "changed"
		if err := store.For[Author](db).Upsert(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		if got := must(store.For[Author](db).Get(t.Context(), a.ID)); got.Hash != "changed" || got.Version != 2 {
			t.Errorf("hash %s, version %d", got.Hash, got.Version)
		}
	})
}

// An upsert finds a row by a decimal key whatever its scale.
func TestUpsertByDecimal(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		g := access.Trusted(db, db.Table(Named{}))
		for i, body := range []string{`{"name":"x","doc":1,"price":"1.50"}`, `{"name":"y","doc":2,"price":"1.5"}`} {
			in := must(g.DecodeInput([]byte(body), access.InputOptions{}))
			var out query.Rows
			if err := g.Upsert(t.Context(), in, query.UpsertOptions{Conflict: []string{"price"}}, &out); err != nil || out.Inserted != 1-i {
				t.Errorf("%s: %d inserted, %v", body, out.Inserted, err)
			}
		}
	})
}

// error.
func TestAdd(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		ctx := store.WithTenant(t.Context(), "a")
		room := add(t, db, "a", &Room{Name: "r"})
		count := store.Number(func(i *Item) **int64 { return &i.Count })
		item := add(t, db, "a", &Item{OwnerID: room.ID, RoomID: room.ID, Title: "x"})
		one, most := int64(1), int64(math.MaxInt64)
		got, err := store.For[Item](db).Patch(ctx, item.ID, count.Add(&one))
		if err != nil || got.Count != nil {
			t.Errorf("NULL + 1 = %v, %v", got, err)
		}
		must(store.For[Item](db).Patch(ctx, item.ID, count.To(&most)))
		if got, err := store.For[Item](db).Patch(ctx, item.ID, count.Add(&one)); code(err) != "22003" {
			t.Errorf("overflow: %v, %v", got, err)
		}
		line := add(t, db, "", &Log{Text: "x", Present: &most})
		present := store.Number(func(l *Log) **int64 { return &l.Present })
		if n, err := store.For[Log](db).PatchWhere(ctx, store.Eq("id", line.ID), present.Add(&one)); code(err) != "22003" {
			t.Errorf("overflow of an untracked row: %d, %v", n, err)
		}
	})
}

// every update sets by itself cannot be set twice.
func TestKeyCannotBeSet(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		a := newAuthor(t, db, "Ann")
		for column, value := range map[string]any{"id": store.NewID(), "version": 7, "updated_at": a.CreatedAt} {
			if _, err := store.For[Author](db).Patch(t.Context(), a.ID, store.SetTo(column, value)); err == nil || !strings.Contains(err.Error(), "cannot be set") {
				t.Errorf("%s: %v", column, err)
			}
		}
	})
}

// does not name a table the caller does not know.
func TestCascadeInScope(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		var actor string
		err := store.After(db, func(_ context.Context, w *store.Write[LogLine]) error {
			if w.Scope != nil {
				actor = w.Scope.Actor
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		parent := add(t, db, "", &Log{Text: "x"})
		line := add(t, db, "", &LogLine{LogID: parent.ID})
		mark := add(t, db, "", &Mark{LineID: line.ID})
		gate := access.New(db, db.Table(Log{}), guards(db, nil, map[string]store.Guard{"log": all()}))
		var out query.Rows
		var e *store.ConstraintError
		if err := gate.Delete(t.Context(), store.True(), query.WriteOptions{}, &out); !errors.As(err, &e) || e.Table != "log" || e.Columns != nil {
			t.Errorf("delete of what is referred to: %v", err)
		}
		if err := store.For[Mark](db).Delete(t.Context(), mark.ID); err != nil {
			t.Fatal(err)
		}
		if err := gate.Delete(t.Context(), store.True(), query.WriteOptions{}, &out); err != nil || actor != "actor" {
			t.Errorf("delete: %v, the hook saw %q", err, actor)
		}
		var logged string
		row := db.Bun().QueryRowContext(t.Context(), `select actor from plinth_changes where tbl = 'new' and op = 'delete'`)
		if err := row.Scan(&logged); err != nil || logged != "actor" {
			t.Errorf("logged actor %q, %v", logged, err)
		}
	})
}

// Two writers at once lose nothing and log each row's life in order.
func TestConcurrentPatches(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		ctx := store.WithTenant(t.Context(), "a")
		room := add(t, db, "a", &Room{Name: "r"})
		zero := int64(0)
		item := add(t, db, "a", &Item{OwnerID: room.ID, RoomID: room.ID, Title: "x", Count: &zero})
		one := int64(1)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 20 {
					if _, err := store.For[Item](db).Patch(ctx, item.ID, store.Number(func(i *Item) **int64 { return &i.Count }).Add(&one)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		got := must(store.For[Item](db).Get(ctx, item.ID))
		if *got.Count != 160 || got.Version != 161 {
			t.Errorf("count %d, version %d", *got.Count, got.Version)
		}
		rows, err := db.Bun().QueryContext(ctx, `select old, new from plinth_changes where tbl = 'items' and op = 'update' order by seq`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		n := 0
		for rows.Next() {
			n++
			var before, after string
			if err := rows.Scan(&before, &after); err != nil {
				t.Fatal(err)
			}
			before, after = strings.ReplaceAll(before, " ", ""), strings.ReplaceAll(after, " ", "")
			if !strings.Contains(before, fmt.Sprintf(`"version":%d,`, n)) || !strings.Contains(after, fmt.Sprintf(`"version":%d,`, n+1)) {
				t.Fatalf("change %d: %s to %s", n, before, after)
			}
		}
		if n != 160 {
			t.Errorf("%d changes", n)
		}
	})
}
