package clients_test

import (
	"net/http/httptest"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// person writes and gets letters.
type person struct {
	bun.BaseModel `bun:"table:people"`
	ID            int64  `bun:",pk"`
	Name          string `bun:",notnull"`
}

// letter has two relations to people, neither of which is called so.
type letter struct {
	bun.BaseModel `bun:"table:letters"`
	ID            int64   `bun:",pk"`
	Subject       string  `bun:",notnull"`
	SenderID      int64   `bun:",notnull"`
	RecipientID   int64   `bun:",notnull"`
	Sender        *person `bun:"rel:belongs-to,join:sender_id=id"`
	Recipient     *person `bun:"rel:belongs-to,join:recipient_id=id"`
}

// serveLetters serves what neither example has, and returns its address.
func serveLetters(t *testing.T, engine, database string) string {
	t.Helper()
	open := func() (*store.DB, error) { return sqlite.Open(t.Context(), database, nil) }
	if engine == "postgres" {
		open = func() (*store.DB, error) { return postgres.Open(t.Context(), database, nil) }
	}
	db, err := open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Register(person{}, letter{}); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	for _, p := range []person{{ID: 1, Name: "Ann"}, {ID: 2, Name: "Bob"}} {
		if err := store.For[person](db).Insert(t.Context(), &p); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.For[letter](db).Insert(t.Context(), &letter{ID: 1, Subject: "news", SenderID: 1, RecipientID: 2}); err != nil {
		t.Fatal(err)
	}
	a, err := api.New(db, api.Config{BasePath: "/rest/v1"})
	if err != nil {
		t.Fatal(err)
	}
	everybody := api.Policy{Read: api.Anyone()}
	a.Add(api.Resource[person]{Policy: everybody}, api.Resource[letter]{Policy: everybody})
	handler, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}
