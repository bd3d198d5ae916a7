package api_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// viewed has no primary key.
type viewed struct {
	bun.BaseModel `bun:"table:viewed"`
	Title         string
}

type rpcTable struct {
	bun.BaseModel `bun:"table:rpc"`
	ID            int64 `bun:",pk"`
}

// TestStartUp checks that every mistake is reported, all of them at once, and
// that the text says what to do.
func TestStartUp(t *testing.T) {
	t.Parallel()
	projects := func(p api.Policy) api.Exposed { return api.Resource[project]{Policy: p} }
	open := api.Policy{UncheckedReferences: []string{"team_id"}, Preset: map[string]any{"owner_id": store.Var("principal.id")}}
	with := func(change func(*api.Policy)) api.Exposed {
		p := open
		change(&p)
		return projects(p)
	}
	returns := func(e api.Exposed) []api.Exposed { return []api.Exposed{e, with(func(*api.Policy) {})} }
	tests := []struct {
		name string
		add  []api.Exposed
		want []string
	}{
		{"column of a rule", []api.Exposed{with(func(p *api.Policy) { p.Read = api.Owner("owner") })}, []string{"resource projects: read:", "owner"}},
		{"column behind a gate", []api.Exposed{with(func(p *api.Policy) { p.Delete = api.AllOf(api.Role("x"), api.AnyOf(api.Anyone(), api.Owner("owner"))) })}, []string{"projects: delete:", "owner"}},
		{"relation", []api.Exposed{with(func(p *api.Policy) { p.Update = api.Related("nobody", api.Owner("id")) })}, []string{"projects: update:", "no relation nobody"}},
		{"column of a relation", []api.Exposed{with(func(p *api.Policy) { p.Create = api.Related("team", api.AllOf(api.Role("x"), api.Owner("x_id"))) })}, []string{"projects: create:", "teams.x_id"}},
		{"variable", []api.Exposed{with(func(p *api.Policy) { p.UpdateCheck = api.Where(store.Eq("title", store.Var("user.id"))) })}, []string{"update to: unknown variable user.id"}},
		{"value", []api.Exposed{with(func(p *api.Policy) { p.Restore = api.Where(store.Eq("budget", "many")) })}, []string{"projects: restore:", "budget"}},
		{"unknown column", []api.Exposed{with(func(p *api.Policy) { p.Columns = map[string]api.ColumnRule{"nope": {}} })}, []string{"Columns: the table has no column nope"}},
		{"hidden column", []api.Exposed{with(func(p *api.Policy) { p.Columns = map[string]api.ColumnRule{"internal": {Read: api.Anyone()}} })}, []string{"internal is hidden in the model"}},
		{"secret column", []api.Exposed{with(func(p *api.Policy) { p.Columns = map[string]api.ColumnRule{"token": {}} })}, []string{"token is secret in the model"}},
		{"widened column", []api.Exposed{with(func(p *api.Policy) {
			p.Columns = map[string]api.ColumnRule{"state": {Create: api.Anyone()}, "code": {Update: api.Anyone()}}
		})}, []string{"state cannot be given", "code cannot be changed"}},
		{"preset", []api.Exposed{with(func(p *api.Policy) {
			p.Preset = map[string]any{"nope": 1, "tenant_id": "x", "owner_id": store.Var("me"), "budget": "many"}
		})}, []string{"no column nope", "sets tenant_id itself", "owner_id: unknown variable me", "budget"}},
		{"any target", []api.Exposed{with(func(p *api.Policy) { p.UncheckedReferences = []string{"team_id", "title"} })}, []string{"title is not a foreign key"}},
		{"aggregates", []api.Exposed{with(func(p *api.Policy) { p.Aggregates = []string{"budget", "nope", "internal"} })}, []string{"Aggregates: the table shows no column nope", "no column internal"}},
		{"unguarded filters", []api.Exposed{with(func(p *api.Policy) { p.UnguardedFilters = []string{"title", "nope", "internal"} })}, []string{"UnguardedFilters: the table shows no column nope", "no column internal"}},
		{"target that is not added", []api.Exposed{projects(api.OwnedBy("owner_id"))}, []string{"a client may write team_id", "teams, is not added", "UncheckedReferences"}},
		{"twice", []api.Exposed{with(func(*api.Policy) {}), with(func(*api.Policy) {})}, []string{"projects is added twice"}},
		{"no struct", []api.Exposed{api.Resource[int]{}}, []string{"int is not a model"}},
		{"named rpc", []api.Exposed{api.Resource[rpcTable]{}}, []string{"name rpc"}},
		{"nil", []api.Exposed{nil}, []string{"item 0 of Add is nil"}},
		{"function twice", []api.Exposed{nothing("f"), nothing("f")}, []string{"function f is added twice"}},
		{"function name", []api.Exposed{nothing("a/b"), nothing("")}, []string{`function "a/b"`, `function ""`}},
		{"no function", []api.Exposed{api.Func[none, none]("f", api.Anyone(), nil)}, []string{"no function to call"}},
		{"input", []api.Exposed{api.Func("f", api.Anyone(), func(context.Context, []int) (none, error) { return none{}, nil })}, []string{"[]int is not a struct"}},
		{"model in the result", returns(api.Func("f", api.Anyone(), func(context.Context, none) (struct{ P []*project }, error) {
			return struct{ P []*project }{}, nil
		})), []string{"function f: the result", "project", "past every policy"}},
		{"model that is not added", returns(api.Func("f", api.Anyone(), func(context.Context, none) ([]task, error) { return nil, nil })), []string{"task"}},
		{"model that nobody registered", returns(api.Func("f", api.Anyone(), func(context.Context, none) (map[string]*note, error) { return nil, nil })), []string{"note"}},
		{"view in the result", []api.Exposed{api.Resource[viewed]{}, api.Func("f", api.Anyone(), func(context.Context, none) ([]viewed, error) { return nil, nil })}, []string{"no primary key"}},
		{"all at once", []api.Exposed{nil, nothing("f"), nothing("f"), with(func(p *api.Policy) { p.Read, p.Delete = api.Owner("x"), api.Owner("y") })}, []string{"item 0", "f is added twice", "read:", "delete:"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := memory(t)
			if err := db.Register(projectUser{}, projectLabel{}); err != nil {
				t.Fatal(err)
			}
			a, err := api.New(db, api.Config{})
			if err != nil {
				t.Fatal(err)
			}
			a.Add(tt.add...)
			_, err = a.Handler()
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\ndoes not say %q", err, want)
				}
			}
		})
	}
}

func nothing(name string) api.Exposed {
	return api.Func(name, api.Anyone(), func(context.Context, none) (none, error) { return none{}, nil })
}

func TestConfig(t *testing.T) {
	t.Parallel()
	db := memory(t)
	for name, cfg := range map[string]api.Config{
		"limit":    {Limits: api.Limits{Rows: -1}},
		"body":     {Limits: api.Limits{Body: -1}},
		"base":     {BasePath: "rest"},
		"public":   {PublicURL: "example.org"},
		"query":    {PublicURL: "https://example.org?x"},
		"protocol": {PublicURL: "ftp://example.org"},
	} {
		if _, err := api.New(db, cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := api.New(nil, api.Config{}); err == nil {
		t.Error("no database: no error")
	}
	a, err := api.New(db, api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Describe(); got != "" {
		t.Errorf("before Handler: %q", got)
	}
	a.Add(api.Resource[note]{Policy: api.OwnedBy("owner_id")}, nothing("f"))
	first, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := a.Handler(); err != nil || again != first {
		t.Errorf("a second handler: %v", err)
	}
	want := `/notes
  read: owner_id = principal.id
  create: signed in
  update: owner_id = principal.id
  delete: owner_id = principal.id
  restore: owner_id = principal.id
  preset owner_id: principal.id
/rpc/f
  call: anyone
`
	if got := a.Describe(); got != want {
		t.Errorf("Describe:\n%s\nwant\n%s", got, want)
	}
	defer func() {
		if recover() == nil {
			t.Error("Add after Handler did not panic")
		}
	}()
	a.Add(nothing("g"))
}

// TestRulesOfArguments checks that rules which the validator cannot judge are reported at
// start, and not at each call.
func TestRulesOfArguments(t *testing.T) {
	t.Parallel()
	type misspelt struct {
		Title string `json:"title" validate:"required,mxa=3"`
	}
	type onServer struct {
		Path string `json:"path" validate:"file"`
	}
	type onNetwork struct {
		Address *string `json:"address" validate:"omitempty,email|tcp_addr"`
	}
	type wrongType struct {
		Done bool `json:"done" validate:"max=3"`
	}
	type ofItems struct {
		Paths []string `json:"paths" validate:"required,dive,required,dir"`
	}
	type ofAnything struct {
		Value any `json:"value" validate:"file"`
	}
	type inside struct {
		Lines []*onServer `json:"lines"`
		misspelt
	}
	type good struct {
		Title string   `json:"title" validate:"required,max=200"`
		Tags  []string `json:"tags"  validate:"max=10,unique,dive,min=1"`
		Value any      `json:"value" validate:"max=3"`
		Plain struct {
			Path string `json:"path" validate:"-"`
		} `json:"plain"`
	}
	for _, tt := range []struct {
		name string
		add  api.Exposed
		want []string
	}{
		{"misspelt", takes[misspelt](), []string{"function f: api_test.misspelt.Title:", "mxa"}},
		{"the server's files", takes[onServer](), []string{"api_test.onServer.Path:", "file looks at the server"}},
		{"the network", takes[onNetwork](), []string{"api_test.onNetwork.Address:", "tcp_addr looks at the server or the network"}},
		{"type", takes[wrongType](), []string{"api_test.wrongType.Done:", "bool"}},
		{"items", takes[ofItems](), []string{"api_test.ofItems.Paths:", "dir looks at the server"}},
		{"anything", takes[ofAnything](), []string{"api_test.ofAnything.Value:", "file looks at the server"}},
		{"inside, all at once", takes[inside](), []string{"api_test.onServer.Path:", "api_test.inside.Title:", "mxa"}},
		{"good", takes[good](), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, err := api.New(validated(t), api.Config{})
			if err != nil {
				t.Fatal(err)
			}
			a.Add(tt.add)
			_, err = a.Handler()
			if err == nil && tt.want != nil || err != nil && tt.want == nil {
				t.Fatal(err)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not say %q:\n%v", part, err)
				}
			}
		})
	}
}

// takes is a function with an input.
func takes[In any]() api.Exposed {
	return api.Func("f", api.Anyone(), func(context.Context, In) (none, error) { return none{}, nil })
}

// TestDenyAll checks that a resource nobody can use is served and logged.
func TestDenyAll(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h := serve(t, memory(t), api.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, api.Resource[note]{})
	if !strings.Contains(log.String(), "denies everything") || !strings.Contains(log.String(), "resource=notes") {
		t.Errorf("log: %s", log.String())
	}
	must(t, h, 200, request{caller: "ann", line: "GET /notes"})
	must(t, h, 403, request{caller: "ann", line: "POST /notes", body: `{"title":"x","key":"k","owner_id":"` + ann.String() + `"}`})
}
