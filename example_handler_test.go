package plinth_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/apitest"
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
// the test makes. In a program of one's own the function is called TestSketches.
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
}

func ExampleApp_Handler() {
	_ = testing.InternalTest{Name: "TestSketches", F: testSketches}
}
