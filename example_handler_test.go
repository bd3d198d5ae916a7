package plinth_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/uptrace/bun"
)

// Sketch is a model whose rows belong to users.
type Sketch struct {
	bun.BaseModel `bun:"table:sketches"`
	store.Model
	OwnerID store.ID `bun:",notnull"`
	Title   string   `bun:",notnull" validate:"required"`
}

// A test of an application: the whole of it, without a network, with callers whose tokens
// the test makes, and one who signs up. In a program of one's own the function is called
// TestSketches.
func testSketches(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	app, err := plinth.New(t.Context(), plinth.Config{DatabaseURL: ":memory:", Verifier: issuer.Verifier()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Resource[Sketch]{Policy: api.OwnedBy("owner_id")})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	stranger := apitest.New(t, handler)
	as := func(id store.ID) apitest.Client {
		return stranger.With("Authorization", issuer.Bearer(authtest.User(id.String())))
	}
	ann, bob := as(store.NewID()), as(store.NewID())
	ann.Post("/rest/v1/sketches", `{"title":"a cat"}`).Want(201)
	ann.Post("/rest/v1/sketches", `{"title":""}`).Want(400)
	ann.Get("/rest/v1/sketches?select=title").Want(200).WantBody(`[{"title":"a cat"}]`)
	bob.Get("/rest/v1/sketches?select=title").Want(200).WantBody(`[]`)
	stranger.Post("/rest/v1/sketches", `{"title":"of nobody"}`).Want(401)

	// Development confirms addresses by itself.
	var session struct {
		AccessToken string `json:"access_token"`
	}
	stranger.Post("/auth/v1/signup", `{"email":"carl@example.org","password":"correct horse battery"}`).Want(200).JSON(&session)
	carl := stranger.With("Authorization", "Bearer "+session.AccessToken)
	carl.Post("/rest/v1/sketches", `{"title":"a dog"}`).Want(201)
}

// Who may do what with which row: testdata/TestSketchRules.policy has the table, and
// PLINTH_TEST_UPDATE=1 writes it.
func testSketchRules(t *testing.T) {
	ann, bob, cat := store.NewID(), store.NewID(), store.NewID()
	// Callers are whom the test names, in place of tokens.
	named := auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) { return auth.FromContext(r.Context()), nil })
	open := func(tb testing.TB) http.Handler {
		app, err := plinth.New(tb.Context(), plinth.Config{DatabaseURL: ":memory:", Authenticator: named})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = app.DB().Close() })
		app.Add(api.Resource[Sketch]{Policy: api.OwnedBy("owner_id")})
		handler, err := app.Handler(tb.Context())
		if err != nil {
			tb.Fatal(err)
		}
		err = store.For[Sketch](app.DB()).Insert(tb.Context(), &Sketch{Model: store.Model{ID: cat}, OwnerID: ann, Title: "a cat"})
		if err != nil {
			tb.Fatal(err)
		}
		return handler
	}
	apitest.Policy(t, apitest.Matrix{
		Open: open,
		Callers: []apitest.Caller{
			{Name: "anonymous"}, {Name: "ann", Principal: authtest.User(ann.String())}, {Name: "bob", Principal: authtest.User(bob.String())},
		},
		Rows: []apitest.Row{
			{Name: "a new sketch", Collection: "/rest/v1/sketches", Create: `{"title":"a dog"}`},
			{Name: "ann's sketch", Path: "/rest/v1/sketches/" + cat.String(), Update: `{"title":"a lion"}`},
		},
	})
}

func ExampleApp_Handler() {
	_ = []testing.InternalTest{{Name: "TestSketches", F: testSketches}, {Name: "TestSketchRules", F: testSketchRules}}
}

// The files of a front end. Pages load the versioned URL, which browsers keep.
func ExampleStatic() {
	files := fstest.MapFS{
		"index.html": {Data: []byte("<!doctype html><title>Notes</title>")},
		"style.css":  {Data: []byte("body { margin: 0 }")},
	}
	pages, err := plinth.Static(files) // app.Router().Handle("/*", pages)
	if err != nil {
		log.Fatal(err)
	}
	for _, url := range []string{"/", pages.URL("style.css"), "/missing"} {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, http.NoBody))
		fmt.Println(url, w.Code, w.Header().Get("Cache-Control"))
	}
	// Output:
	// / 200 no-cache
	// /style.css?v=997faceca2605a98 200 public, max-age=31536000, immutable
	// /missing 404
}
