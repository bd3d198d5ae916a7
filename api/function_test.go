package api_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

type greetIn struct {
	Name  string   `json:"name" validate:"required"`
	Age   *int     `json:"age"  validate:"required"`
	Tags  []string `json:"tags"`
	Inner struct {
		Zip string `json:"zip" validate:"len5"`
	} `json:"inner"`
	Many []struct {
		N string `json:"n" validate:"len5"`
	} `json:"many"`
}

type greetOut struct {
	Text string `json:"text"`
}

type none struct{}

// lengths knows one rule: len5.
type lengths struct{}

func (lengths) Check(value any, rules string) (rule, text string) {
	if s, ok := value.(string); ok && rules == "len5" && len(s) != 5 {
		return "len5", "must have five characters"
	}
	return "", ""
}

// functions are the functions of the tests; db is where they read.
func functions(db *store.DB) []api.Exposed {
	in := func(ctx context.Context) context.Context { return store.WithTenant(ctx, "acme") }
	all := func(ctx context.Context) ([]*project, error) {
		return store.For[project](db).List(in(ctx), store.Query{Order: []store.Order{{Column: "title"}}})
	}
	return []api.Exposed{
		api.Func("greet", api.SignedIn(), func(ctx context.Context, in greetIn) (greetOut, error) {
			return greetOut{Text: auth.FromContext(ctx).ID[:2] + " greets <" + in.Name + ">, " + strconv.Itoa(*in.Age)}, nil
		}),
		api.Func("nothing", api.Anyone(), func(context.Context, none) (none, error) { return none{}, nil }),
		api.Func("number", api.Anyone(), func(context.Context, none) (int, error) { return 7, nil }),
		api.Func("words", api.Anyone(), func(context.Context, none) ([]string, error) { return nil, nil }),
		api.Func("all_projects", api.Anyone(), func(ctx context.Context, _ none) ([]*project, error) { return all(ctx) }),
		api.Func("a_project", api.Anyone(), func(ctx context.Context, in struct {
			Title string `json:"title"`
		},
		) (*project, error) {
			list, err := all(ctx)
			for _, p := range list {
				if p.Title == in.Title {
					return p, err
				}
			}
			return nil, err
		}),
		api.Func("my_projects", api.Anyone(), func(ctx context.Context, _ none) ([]*project, error) {
			return store.For[project](db).As(store.ScopeFrom(ctx)).List(ctx, store.Query{})
		}),
		api.Func("sold_out", api.Anyone(), func(context.Context, none) (none, error) {
			return none{}, &api.Error{Code: "PT409", Message: "sold out", Err: errors.New("inner detail")}
		}),
		api.Func("broken", api.Anyone(), func(context.Context, none) (none, error) { return none{}, errors.New("inner detail") }),
		api.Func("panics", api.Anyone(), func(context.Context, none) (none, error) { panic("inner detail") }),
		api.TxFunc("rename", api.SignedIn(), func(ctx context.Context, tx *store.Tx, in struct {
			From string `json:"from"`
			To   string `json:"to"`
		},
		) ([]label, error) {
			if _, err := store.For[label](tx).PatchWhere(ctx, store.Eq("text", in.From), store.SetTo("text", in.To)); err != nil {
				return nil, err
			}
			list, err := store.For[label](tx).List(ctx, store.Query{Where: store.Eq("text", in.To)})
			var out []label
			for _, l := range list {
				out = append(out, *l)
			}
			if in.To == "fail" {
				return nil, &api.Error{Message: "no"}
			}
			return out, err
		}),
		api.Func("for_services", api.Service(), func(context.Context, none) (none, error) { return none{}, nil }),
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	const good = `{"name":"Cy","age":0,"inner":{"zip":"12345"},"many":[{"n":"abcde"}]}`
	steps := []step{
		{name: "greet", line: "POST /rpc/greet", body: good, status: 200, want: `{"text":"a0 greets <Cy>, 0"}`, has: []string{"Cache-Control: no-store", "Content-Type: application/json; charset=utf-8"}},
		{name: "gate", caller: "-", line: "POST /rpc/greet", body: good, status: 401},
		{name: "gate for guests", caller: "guest", line: "POST /rpc/greet", body: good, status: 403},
		{name: "gate for services", caller: "service", line: "POST /rpc/greet", body: good, status: 403},
		{name: "missing", line: "POST /rpc/greet", body: `{"name":"","age":null,"inner":{"zip":"1"},"many":[{"n":"abcde"},{"n":"a"}]}`, status: 400, want: `{"code":"PL002","message":"the arguments do not pass validation","details":"name: must not be empty; age: is required; inner.zip: must have five characters; many.1.n: must have five characters","hint":null}`},
		{name: "unknown member", line: "POST /rpc/greet", body: `{"name":"Cy","age":1,"Name":"x"}`, status: 404, want: `{"code":"PGRST202","message":"Could not find the function public.greet(Name, age, name) in the schema cache","details":null,"hint":"Perhaps you meant to call the function public.greet(age, inner, many, name, tags)"}`},
		{name: "unknown member inside", line: "POST /rpc/greet", body: `{"name":"Cy","age":1,"inner":{"Zip":"12345"}}`, status: 400},
		{name: "twice", line: "POST /rpc/greet", body: `{"name":"Cy","age":1,"name":"x"}`, status: 400},
		{name: "no object", line: "POST /rpc/greet", body: `[]`, status: 400},
		{name: "void", line: "POST /rpc/nothing", status: 204},
		{name: "void with a body", line: "POST /rpc/nothing", body: `{}`, status: 204},
		{name: "void with arguments", line: "POST /rpc/nothing", body: `{"x":1}`, status: 404},
		{name: "number", line: "POST /rpc/number", status: 200, want: `7`},
		{name: "minimal", line: "POST /rpc/number", header: []string{"Prefer: return=minimal"}, status: 204},
		{name: "empty list", line: "POST /rpc/words", header: []string{"Prefer: count=exact"}, status: 200, want: `[]`, has: []string{"Content-Range: */0"}},
		{name: "no single", line: "POST /rpc/words", header: []string{objectOnly}, status: 406},
		{name: "error", line: "POST /rpc/sold_out", status: 409, want: `{"code":"PT409","message":"sold out","details":null,"hint":null}`},
		{name: "unknown error", line: "POST /rpc/broken", status: 500, want: `{"code":"XX000","message":"The server could not answer this request.","details":null,"hint":null}`},
		{name: "panic", line: "POST /rpc/panics", status: 500, want: `{"code":"XX000","message":"The server could not answer this request.","details":null,"hint":null}`},
		{name: "unknown", line: "POST /rpc/none", status: 404},
		{name: "a typo", line: "POST /rpc/nunber", status: 404, want: `{"code":"PGRST202","message":"Could not find the function public.nunber in the schema cache","details":null,"hint":"Perhaps you meant to call the function public.number"}`},
		{name: "a typo of what the caller may not call", line: "POST /rpc/for_service", status: 404, want: `{"code":"PGRST202","message":"Could not find the function public.for_service in the schema cache","details":null,"hint":null}`},
		{name: "GET", line: "GET /rpc/number", status: 405, has: []string{"Allow: POST, OPTIONS"}},
		{name: "OPTIONS", line: "OPTIONS /rpc/number", status: 200, has: []string{"Allow: POST, OPTIONS"}},
		{name: "query", line: "POST /rpc/number?limit=1", status: 400},
		{name: "service", caller: "service", line: "POST /rpc/for_services", status: 204},
		{name: "not a service", line: "POST /rpc/for_services", status: 403},
		{name: "rename", line: "POST /rpc/rename", body: `{"from":"Hot","to":"Warm"}`, status: 200, want: `[{"id":"hot","text":"Warm"}]`, has: []string{"Content-Range: 0-0/*"}},
		{name: "rename to one", line: "POST /rpc/rename", body: `{"from":"Warm","to":"Hot"}`, header: []string{objectOnly}, status: 200, want: `{"id":"hot","text":"Hot"}`},
		{name: "rename to two", line: "POST /rpc/rename", body: `{"from":"Hot","to":"Old"}`, header: []string{objectOnly}, status: 406},
		{name: "undone", line: "GET /labels?select=text&id=eq.hot", status: 200, want: `[{"text":"Hot"}]`},
		{name: "failed", line: "POST /rpc/rename", body: `{"from":"Hot","to":"fail"}`, status: 400},
		{name: "undone", line: "GET /labels?select=text&id=eq.hot", status: 200, want: `[{"text":"Hot"}]`},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{}, functions(db)...)
		for _, s := range steps {
			s.run(t, h)
		}
	})
}

// TestFunctionResult checks that rows a trusted function returns show what the
// policy shows: as a read of the resource by the same caller.
func TestFunctionResult(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{}, functions(db)...)
		for caller := range callers() {
			read := must(t, h, http.StatusOK, request{caller: caller, line: "GET /projects?order=title"})
			for _, name := range []string{"all_projects", "my_projects"} {
				got := must(t, h, http.StatusOK, request{caller: caller, line: "POST /rpc/" + name})
				if got.body != read.body {
					t.Errorf("%s: %s says %s, the resource %s", caller, name, got.body, read.body)
				}
			}
		}
		one := must(t, h, http.StatusOK, request{caller: "bob", line: "POST /rpc/a_project", body: `{"title":"Alpha"}`})
		if !strings.Contains(one.body, `"title":"Alpha"`) || strings.Contains(one.body, "budget") || strings.Contains(one.body, "t-alpha") {
			t.Errorf("bob gets %s", one.body)
		}
		hidden := must(t, h, http.StatusOK, request{caller: "bob", line: "POST /rpc/a_project", body: `{"title":"Beta"}`})
		if hidden.body != "null" {
			t.Errorf("bob gets %s", hidden.body)
		}
	})
}

// TestReserve lets many clients read, check and write one stock.
func TestReserve(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		reserve := api.TxFunc("reserve", api.Anyone(), func(ctx context.Context, tx *store.Tx, _ none) (none, error) {
			box, err := store.For[team](tx).Get(ctx, int64(1))
			if err != nil {
				return none{}, err
			}
			left, err := strconv.Atoi(box.Name)
			if err != nil || left == 0 {
				return none{}, &api.Error{Code: "PT409", Message: "none left", Err: err}
			}
			_, err = store.For[team](tx).Patch(ctx, int64(1), store.SetTo("name", strconv.Itoa(left-1)))
			return none{}, err
		})
		h := serve(t, db, api.Config{}, append(fixture(), reserve)...)
		put(t, db, "", &team{Name: "10"})
		statuses := make(chan int)
		const clients = 30
		for range clients {
			go func() { statuses <- do(t, h, request{line: "POST /rpc/reserve"}).status }()
		}
		counts := map[int]int{}
		for range clients {
			counts[<-statuses]++
		}
		if counts[http.StatusNoContent] != 10 || counts[http.StatusConflict] != clients-10 {
			t.Errorf("statuses %v", counts)
		}
	})
}

// TestFunctionMaxAffected: a function may return as many elements as max-affected says.
func TestFunctionMaxAffected(t *testing.T) {
	t.Parallel()
	pair := api.Func("pair", api.Anyone(), func(context.Context, none) ([]int, error) { return []int{1, 2}, nil })
	h := serve(t, memory(t), api.Config{}, pair)
	for most, want := range map[string]int{"0": 400, "1": 400, "2": 200, "3": 200} {
		if got := do(t, h, request{line: "POST /rpc/pair", header: []string{"Prefer: handling=strict, max-affected=" + most}}); got.status != want {
			t.Errorf("max-affected=%s: %d %s, want %d", most, got.status, got.body, want)
		}
	}
}
