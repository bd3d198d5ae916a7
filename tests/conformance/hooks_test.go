package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// errRefused is the error that hooks and functions of transactions return.
var errRefused = errors.New("refused")

// hooked is a model with hooks, rules and a counter.
type hooked struct {
	bun.BaseModel `bun:"table:hooked"`
	ID            int64  `bun:",pk"`
	Name          string `bun:",notnull" validate:"required,short"`
	Size          int64  `bun:",notnull"`
	Kept          string `bun:",notnull" plinth:"createonly"`
}

// shortValidator knows the rule short: at most eight bytes.
type shortValidator struct{}

// Check implements store.Validator.
func (shortValidator) Check(value any, rules string) (rule, text string) {
	if s, ok := value.(string); ok && rules == "short" && len(s) > 8 {
		return "short", "is too long"
	}
	return "", ""
}

// hookLog collects what hooks see.
type hookLog struct{ lines []string }

func (l *hookLog) add(when string, w *store.Write[hooked]) {
	text := func(h *hooked) string {
		if h == nil {
			return "-"
		}
		return fmt.Sprintf("%d:%s:%d", h.ID, h.Name, h.Size)
	}
	actor := ""
	if w.Scope != nil {
		actor = " " + w.Scope.Actor
	}
	l.lines = append(l.lines, fmt.Sprintf("%s %s %s>%s%s", when, w.Op, text(w.Old), text(w.New), actor))
}

func (l *hookLog) want(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(l.lines, want) {
		t.Errorf("hooks\n got %s\nwant %s", strings.Join(l.lines, "\n     "), strings.Join(want, "\n     "))
	}
	l.lines = nil
}

func testHooks(t *testing.T, db *store.DB) {
	var seen hookLog
	addHooks(t, db, &seen)
	repo, g := store.For[hooked](db), gateOf[hooked](db)
	row := hooked{ID: 1, Name: " a ", Size: 1}
	insert(t, db, &row)
	if row.Name != "a" || row.Size != 2 {
		t.Errorf("inserted %+v, want what the hooks made of it", row)
	}
	seen.want(t, "before insert ->1: a :1", "second insert ->1:a:1", "after insert ->1:a:2")
	wantLog(t, db, `hooked insert [1] - -> {"id":1,"name":"a","size":2,"kept":""}`)

	got, err := post(t, g, `[{"id":2,"name":"b"},{"id":3,"name":"c"}]`, &query.Query{Select: columns("name", "size")})
	if err != nil || got != `[{"name":"b","size":1},{"name":"c","size":1}]` {
		t.Errorf("bulk: %s, %v", got, err)
	}
	seen.want(t, "before insert ->2:b:0", "second insert ->2:b:0", "before insert ->3:c:0", "second insert ->3:c:0",
		"after insert ->2:b:1", "after insert ->3:c:1")
	if n, err := patch(t, g, `{"size":5}`, store.Compare("id", query.OpGte, 2)); n != 2 || err != nil {
		t.Errorf("patched %d, %v", n, err)
	}
	seen.want(t, "before update 2:b:1>2:b:5", "second update 2:b:1>2:b:5", "before update 3:c:1>3:c:5", "second update 3:c:1>3:c:5",
		"after update 2:b:1>2:b:6", "after update 3:c:1>3:c:6")
	scope := scopeOf("ann", "", open(t, db.Table(hooked{})))
	if err := repo.As(scope).Delete(t.Context(), 3); err != nil {
		t.Error(err)
	}
	seen.want(t, "before delete 3:c:6>- ann", "second delete 3:c:6>- ann", "after delete 3:c:6>- ann")
	logged(t, db)

	// An error of any hook rolls back the whole write.
	for what, do := range map[string]func() error{
		"before": func() error { return repo.Insert(t.Context(), &hooked{ID: 9, Name: "refuse"}) },
		"after":  func() error { return repo.Insert(t.Context(), &hooked{ID: 9, Name: "late"}) },
		"in bulk": func() error {
			_, err := post(t, g, `[{"id":8,"name":"ok"},{"id":9,"name":"late"}]`, nil)
			return err
		},
		"update": func() error {
			_, err := repo.PatchWhere(t.Context(), store.True(), store.SetTo("name", "late"))
			return err
		},
	} {
		wantIs(t, what, do(), errRefused)
	}
	wantRead(t, g, query.Query{}, `[{"id":1,"name":"a","size":2,"kept":""},{"id":2,"name":"b","size":6,"kept":""}]`)
	wantLog(t, db)
	testHookWrites(t, db, repo)
}

// addHooks registers two hooks before and one after a write.
func addHooks(t *testing.T, db *store.DB, seen *hookLog) {
	t.Helper()
	errs := errors.Join(
		store.Before(db, func(_ context.Context, w *store.Write[hooked]) error {
			seen.add("before", w)
			if w.New != nil {
				w.New.Name = strings.TrimSpace(w.New.Name)
				if w.New.Name == "refuse" {
					return errRefused
				}
			}
			return nil
		}),
		store.Before(db, func(_ context.Context, w *store.Write[hooked]) error {
			seen.add("second", w)
			if w.New != nil {
				w.New.Size++
			}
			return nil
		}),
		store.After(db, func(ctx context.Context, w *store.Write[hooked]) error {
			seen.add("after", w)
			if w.New == nil {
				return nil
			}
			stored, err := store.For[hooked](w.Tx).Get(ctx, w.New.ID)
			if err != nil || stored.Name != w.New.Name || stored.Size != w.New.Size {
				return fmt.Errorf("the row is %+v, %w, not yet %+v", stored, err, w.New)
			}
			w.New.Name = "not taken"
			if stored.Name == "late" {
				return errRefused
			}
			return nil
		}),
	)
	if errs != nil {
		t.Fatal(errs)
	}
}

// testHookWrites lets a hook write to another table in the same transaction.
func testHookWrites(t *testing.T, db *store.DB, repo store.Repo[hooked]) {
	t.Helper()
	err := store.After(db, func(ctx context.Context, w *store.Write[hooked]) error {
		if w.Op != store.OpInsert {
			return nil
		}
		if err := store.For[quiet](db).Insert(ctx, &quiet{ID: w.New.ID}); !errors.Is(err, store.ErrInTx) {
			return fmt.Errorf("the pool inside a hook: %w", err)
		}
		if err := store.For[quiet](w.Tx).Insert(ctx, &quiet{ID: w.New.ID}); err != nil {
			return err
		}
		if w.New.Size > 100 {
			return errRefused
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	insert(t, db, &hooked{ID: 20, Name: "x"})
	wantIs(t, "hook", repo.Insert(t.Context(), &hooked{ID: 21, Name: "x", Size: 100}), errRefused)
	wantRead(t, gateOf[quiet](db), query.Query{}, `[{"id":20}]`)
}

// testValidation checks rules of a model with and without hooks.
func testValidation(t *testing.T, db *store.DB) {
	g := gateOf[ruled](db)
	for _, tt := range []struct{ body, columns string }{
		{`{"id":1,"name":"ok"}`, ""},
		{`{"id":2}`, "name"},
		{`{"id":2,"name":null}`, "name"},
		{`{"id":2,"name":""}`, "name"},
		{`{"id":2,"name":"123456789"}`, "name"},
		{`{"id":2,"name":"","nick":"123456789"}`, "name nick"},
		{`{"id":2,"name":"x","nick":null}`, ""},
		{`[{"id":3,"name":"x"},{"id":4,"name":""}]`, "name"},
	} {
		_, err := post(t, g, tt.body, nil)
		wantInvalid(t, tt.body, err, tt.columns)
	}
	for _, tt := range []struct{ body, columns string }{
		{`{"nick":"ok"}`, ""},
		{`{"nick":"123456789"}`, "nick"},
		{`{"name":null}`, "name"},
		{`{"name":""}`, "name"},
	} {
		_, err := patch(t, g, tt.body, store.True())
		wantInvalid(t, "patch "+tt.body, err, tt.columns)
	}
	wantRead(t, g, query.Query{}, `[{"id":1,"name":"ok","nick":"ok"},{"id":2,"name":"x","nick":"ok"}]`)
}

type ruled struct {
	bun.BaseModel `bun:"table:ruled"`
	ID            int64   `bun:",pk"`
	Name          string  `bun:",notnull" validate:"required,short"`
	Nick          *string `validate:"short"`
}

func wantInvalid(t *testing.T, what string, err error, columns string) {
	t.Helper()
	if columns == "" {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return
	}
	var invalid *store.ValidationError
	if !errors.As(err, &invalid) {
		t.Errorf("%s: %v, want a validation error of %s", what, err, columns)
		return
	}
	var got []string
	for _, f := range invalid.Fields {
		got = append(got, f.Column)
	}
	if strings.Join(got, " ") != columns {
		t.Errorf("%s: invalid are %q, want %s", what, got, columns)
	}
}
