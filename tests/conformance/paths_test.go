package conformance_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// direct and stepped are the same table twice. On PostgreSQL writes to direct
// are one statement each; a hook that does nothing makes those to stepped go row
// by row. Both must do the same.
type direct struct {
	bun.BaseModel `bun:"table:direct"`
	twin
	Parent *direct `bun:"rel:belongs-to,join:parent_id=id"`
}

type stepped struct {
	bun.BaseModel `bun:"table:stepped"`
	twin
	Parent *stepped `bun:"rel:belongs-to,join:parent_id=id"`
}

type twin struct {
	ID       int64   `bun:",pk"`
	Name     string  `bun:",notnull,unique"`
	OwnerID  string  `bun:",notnull"`
	Score    int64   `bun:",notnull,default:5"`
	Note     *string //
	Code     string  `bun:",notnull" plinth:"secret"`
	ParentID *int64
}

// twinStep is a write by ann and the expected answer or error code.
type twinStep struct {
	do   string // insert, update, delete, single or upsert
	body string
	cond store.Cond
	want string
}

func twinSteps() []twinStep {
	own := store.Eq("owner_id", "ann")
	return []twinStep{
		{"insert", `{"id":10,"name":"a"}`, store.Cond{}, `{"id":10,"name":"a","score":5}`},
		{
			"insert", `[{"id":11,"name":"b","score":1},{"id":12,"name":"c","score":2}]`,
			store.Cond{},
			`{"id":11,"name":"b","score":1},{"id":12,"name":"c","score":2}`,
		},
		{
			"insert", `[{"id":14,"name":"self","parent_id":14},{"id":13,"name":"d","parent_id":14}]`,
			store.Cond{},
			`{"id":14,"name":"self","score":5},{"id":13,"name":"d","score":5}`,
		},
		{"insert", `{"id":20,"name":"a"}`, store.Cond{}, "23505"},
		{"insert", `[{"id":20,"name":"x"},{"id":21,"name":"x"}]`, store.Cond{}, "23505"},
		{"insert", `{"id":20,"name":"x","owner_id":"bob"}`, store.Cond{}, "42501"},
		{"insert", `{"id":20,"name":"x","score":2000}`, store.Cond{}, "42501"},
		{"insert", `{"id":20,"name":"x","code":"x"}`, store.Cond{}, "PGRST204"},
		{"insert", `{"id":20,"name":"x","parent_id":1}`, store.Cond{}, "23503"},
		{"insert", `{"id":20,"name":"x","parent_id":777}`, store.Cond{}, "23503"},
		{"insert", `{"id":15,"name":"e","parent_id":2}`, store.Cond{}, `{"id":15,"name":"e","score":5}`},
		{"insert", `{"id":20,"name":null}`, store.Cond{}, "23502"},
		{"update", `{"score":9}`, store.Eq("id", 10), `{"id":10,"name":"a","score":9}`},
		{"update", `{"score":9}`, store.Eq("id", 10), `{"id":10,"name":"a","score":9}`},
		{
			"update", `{"note":"n"}`, store.Compare("id", query.OpLte, 12),
			`{"id":10,"name":"a","score":9},{"id":11,"name":"b","score":1},{"id":12,"name":"c","score":2}`,
		},
		{"update", `{"score":9}`, store.Eq("id", 1), ``},
		{"update", `{"score":9}`, store.Eq("id", 2), ``},
		{"update", `{"score":1500}`, own, "42501"},
		{"update", `{"parent_id":1}`, own, "23503"},
		{"update", `{"parent_id":2}`, store.Eq("id", 10), `{"id":10,"name":"a","score":9}`},
		{"update", `{"name":"z"}`, own, "23505"},
		{"update", `{"name":"b"}`, store.Eq("id", 12), "23505"},
		{"update", `{"code":"x"}`, own, "PGRST204"},
		{"update", `{"owner_id":"bob"}`, own, "42501"},
		{"update", `{"score":1}`, store.Compare("code", query.OpEq, "k"), "42703"},
		{"update", `{"score":8}`, store.Related("parent", store.Eq("name", "open")), `{"id":10,"name":"a","score":8},{"id":15,"name":"e","score":8}`},
		{"update", `{"score":8}`, store.Related("parent", store.Eq("name", "hidden")), ``},
		{"single", `{"score":3}`, own, "PGRST116"},
		{"single", `{"score":3}`, store.Eq("id", 12), `{"id":12,"name":"c","score":3}`},
		{
			"upsert", `[{"id":12,"name":"c2","score":4},{"id":16,"name":"f","score":4}]`,
			store.Cond{},
			`{"id":12,"name":"c2","score":4},{"id":16,"name":"f","score":4}`,
		},
		{"upsert", `{"id":1,"name":"taken"}`, store.Cond{}, "23505"},
		{"delete", ``, store.Eq("id", 2), ``},
		{"delete", ``, store.Eq("id", 14), "23503"},
		{"delete", ``, store.In("id", []int64{10, 11}), `{"id":10,"name":"a","score":8},{"id":11,"name":"b","score":1}`},
		{"delete", ``, store.In("id", []int64{13, 14}), `{"id":13,"name":"d","score":5},{"id":14,"name":"self","score":5}`},
	}
}

func testPaths(t *testing.T, db *store.DB) {
	if err := store.Before(db, func(context.Context, *store.Write[stepped]) error { return nil }); err != nil {
		t.Fatal(err)
	}
	seeds := []twin{{ID: 1, Name: "hidden", OwnerID: "bob", Code: "k"}, {ID: 2, Name: "open", OwnerID: "bob", Score: 999, Code: "k"}}
	for _, s := range seeds {
		insert(t, db, &direct{twin: s})
		insert(t, db, &stepped{twin: s})
	}
	logged(t, db)
	logs := make([][]string, 2)
	for i, table := range []*store.Table{db.Table(direct{}), db.Table(stepped{})} {
		g := access.New(db, table, twinScope(t, table))
		for n, step := range twinSteps() {
			if got := runStep(t, g, step); got != step.want {
				t.Errorf("%s: step %d, %s %s\n got %s\nwant %s", table.Name, n, step.do, step.body, got, step.want)
			}
		}
		for _, line := range logged(t, db) {
			logs[i] = append(logs[i], strings.TrimPrefix(line, table.Name+" "))
		}
		wantRead(t, access.Trusted(db, table), query.Query{Select: columns("id", "name", "owner_id", "score", "note", "code", "parent_id")},
			`[{"id":1,"name":"hidden","owner_id":"bob","score":0,"note":null,"code":"k","parent_id":null},`+
				`{"id":2,"name":"open","owner_id":"bob","score":999,"note":null,"code":"k","parent_id":null},`+
				`{"id":12,"name":"c2","owner_id":"ann","score":4,"note":"n","code":"","parent_id":null},`+
				`{"id":15,"name":"e","owner_id":"ann","score":8,"note":null,"code":"","parent_id":2},`+
				`{"id":16,"name":"f","owner_id":"ann","score":4,"note":null,"code":"","parent_id":null}]`)
	}
	if !slices.Equal(logs[0], logs[1]) {
		t.Errorf("the change logs differ\n%s\n%s", strings.Join(logs[0], "\n"), strings.Join(logs[1], "\n"))
	}
	if len(logs[0]) != 21 || strings.Contains(strings.Join(logs[0], ""), `"code"`) {
		t.Errorf("%d changes, want 21 without code:\n%s", len(logs[0]), strings.Join(logs[0], "\n"))
	}
}

// twinScope is ann, who sees her rows and those with a score of at least 900,
// and may have scores below 1000.
func twinScope(t *testing.T, table *store.Table) *store.Scope {
	t.Helper()
	own := store.Compare("owner_id", query.OpEq, store.Var("principal.id"))
	low := store.Compare("score", query.OpLt, 1000)
	guard := guardFor(t, table, store.Guard{
		Read: store.Or(own, store.Compare("score", query.OpGte, 900)), Create: store.And(own, low), Update: own, UpdateCheck: store.And(own, low), Delete: own,
	})
	guard.Updatable.Remove(table.Column("owner_id"))
	guard.Presets = []query.Preset{{Column: table.Column("owner_id"), Var: "principal.id"}}
	return scopeOf("ann", "", &tableGuard{table, guard})
}

// runStep returns the rows a step answers, or the code of its error.
func runStep(t *testing.T, g access.Gate, step twinStep) string {
	t.Helper()
	opts := query.WriteOptions{Return: &query.Query{Select: columns("id", "name", "score")}, Single: step.do == "single"}
	var out query.Rows
	var err error
	switch step.do {
	case "insert", "upsert":
		var in *access.Input
		if in, err = g.DecodeInput([]byte(step.body), access.InputOptions{}); err != nil {
			break
		}
		if step.do == "insert" {
			err = g.Insert(t.Context(), in, opts, &out)
		} else {
			err = g.Upsert(t.Context(), in, query.UpsertOptions{WriteOptions: opts}, &out)
		}
	case "delete":
		err = g.Delete(t.Context(), step.cond, opts, &out)
	default:
		var p *access.Patch
		if p, err = g.DecodePatch([]byte(step.body), nil); err == nil {
			err = g.Update(t.Context(), p, step.cond, opts, &out)
		}
	}
	if err == nil {
		return string(out.Body)
	}
	return codeOf(err)
}

func codeOf(err error) string {
	if fault.Deciding(err) == err { // a wrapped one is a finding here
		return problem.Code(err)
	}
	return fmt.Sprintf("no code: %v", err)
}
