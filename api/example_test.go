package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// Page is the model of the examples.
type Page struct {
	bun.BaseModel `bun:"table:pages"`
	ID            int64  `bun:",pk,autoincrement"`
	AuthorID      string `bun:",notnull"`
	Title         string `bun:",notnull"          validate:"required"`
	Public        bool   `bun:",notnull"`
}

// exampleAPI serves what is exposed to the caller named in the header X-User, until
// end closes its database.
func exampleAPI(exposed func(db *store.DB) []api.Exposed) (h http.Handler, end func()) {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, ":memory:", nil)
	if err != nil {
		panic(err)
	}
	a, err := api.New(db, api.Config{
		Authenticator: auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
			name := r.Header.Get("X-User")
			if name == "" {
				return auth.Principal{}, nil
			}
			return auth.Principal{Kind: auth.User, ID: name}, nil
		}),
	})
	if err != nil {
		panic(err)
	}
	a.Add(exposed(db)...)
	h, err = a.Handler()
	if err != nil {
		panic(err)
	}
	if _, err := migrate.Auto(ctx, db); err != nil {
		panic(err)
	}
	return h, func() { _ = db.Close() }
}

// send sends a request and prints the answer.
func send(h http.Handler, user, method, target, body string) {
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	if user != "" {
		r.Header.Set("X-User", user)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Body)))
}

func ExampleNew() {
	db, err := sqlite.Open(context.Background(), ":memory:", nil)
	if err != nil {
		panic(err)
	}
	defer db.Close() // the end of the example
	a, err := api.New(db, api.Config{BasePath: "/rest/v1"})
	if err != nil {
		panic(err)
	}
	a.Add(api.Resource[Page]{Policy: api.Policy{Read: api.Anyone()}})
	h, err := a.Handler()
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/rest/v1/", h)
	fmt.Print(a.Describe())
	// Output:
	// /pages
	//   read: anyone
}

func ExampleAPI_Handler() {
	db, err := sqlite.Open(context.Background(), ":memory:", nil)
	if err != nil {
		panic(err)
	}
	defer db.Close() // the end of the example
	a, err := api.New(db, api.Config{})
	if err != nil {
		panic(err)
	}
	a.Add(api.Resource[Page]{Policy: api.Policy{
		Read:    api.Owner("author"),
		Columns: map[string]api.ColumnRule{"titel": {Read: api.Anyone()}},
	}})
	_, err = a.Handler()
	fmt.Println(err)
	// Output:
	// api: resource pages: read: store: column pages.author does not exist
	// api: resource pages: Columns: the table has no column titel
}

func ExampleResource() {
	h, end := exampleAPI(func(*store.DB) []api.Exposed {
		return []api.Exposed{api.Resource[Page]{Policy: api.Policy{Read: api.Where(store.Eq("public", true)), Create: api.SignedIn()}}}
	})
	defer end()
	send(h, "ann", "POST", "/pages", `[{"author_id":"ann","title":"A","public":true},{"author_id":"ann","title":"B","public":false}]`)
	send(h, "", "GET", "/pages?select=id,title", "")
	send(h, "", "GET", "/pages/1?select=title", "")
	send(h, "", "GET", "/pages/2?select=title", "")
	// Output:
	// 201
	// 200 [{"id":1,"title":"A"}]
	// 200 {"title":"A"}
	// 404 {"code":"PL404","message":"The row was not found.","details":null,"hint":null}
}

func ExampleOwnedBy() {
	h, end := exampleAPI(func(*store.DB) []api.Exposed {
		return []api.Exposed{api.Resource[Page]{Policy: api.OwnedBy("author_id")}}
	})
	defer end()
	send(h, "ann", "POST", "/pages", `{"title":"mine"}`)
	send(h, "ann", "GET", "/pages?select=author_id,title", "")
	send(h, "bob", "GET", "/pages?select=author_id,title", "")
	// Output:
	// 201
	// 200 [{"author_id":"ann","title":"mine"}]
	// 200 []
}

func ExampleFunc() {
	type args struct {
		Name string `json:"name" validate:"required"`
	}
	h, end := exampleAPI(func(*store.DB) []api.Exposed {
		return []api.Exposed{api.Func("greet", api.Anyone(), func(_ context.Context, in args) (string, error) {
			return "Hello, " + in.Name, nil
		})}
	})
	defer end()
	send(h, "", "POST", "/rpc/greet", `{"name":"Ann"}`)
	send(h, "", "POST", "/rpc/greet", `{"Name":"Ann"}`)
	// Output:
	// 200 "Hello, Ann"
	// 404 {"code":"PGRST202","message":"Could not find the function public.greet(Name) in the schema cache","details":null,"hint":"Perhaps you meant to call the function public.greet(name)"}
}

func ExampleReadFunc() {
	type args struct {
		Words []string `json:"words"`
	}
	h, end := exampleAPI(func(*store.DB) []api.Exposed {
		return []api.Exposed{api.ReadFunc("join", api.Anyone(), func(_ context.Context, _ *store.Tx, in args) (string, error) {
			return strings.Join(in.Words, " and "), nil
		})}
	})
	defer end()
	send(h, "", "GET", "/rpc/join?words={bread,butter}", "")
	send(h, "", "POST", "/rpc/join", `{"words":["bread","butter"]}`)
	// Output:
	// 200 "bread and butter"
	// 200 "bread and butter"
}

func ExampleTxFunc() {
	type args struct {
		ID int64 `json:"id"`
	}
	publish := func(ctx context.Context, tx *store.Tx, in args) (*Page, error) {
		page, err := store.For[Page](tx).Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if page.Public {
			return nil, &api.Error{Code: "PT409", Message: "it is public already"}
		}
		return store.For[Page](tx).Patch(ctx, in.ID, store.SetTo("public", true))
	}
	h, end := exampleAPI(func(*store.DB) []api.Exposed {
		return []api.Exposed{api.Resource[Page]{Policy: api.OwnedBy("author_id")}, api.TxFunc("publish", api.SignedIn(), publish)}
	})
	defer end()
	send(h, "ann", "POST", "/pages", `{"title":"mine","public":false}`)
	send(h, "ann", "POST", "/rpc/publish", `{"id":1}`)
	send(h, "ann", "POST", "/rpc/publish", `{"id":1}`)
	// Output:
	// 201
	// 200 {"id":1,"author_id":"ann","title":"mine","public":true}
	// 409 {"code":"PT409","message":"it is public already","details":null,"hint":null}
}
