package api_test

import (
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// match leads to teams in two ways that the wire knows, and one that it does
// not.
type match struct {
	bun.BaseModel `bun:"table:matches"`
	ID            int64  `bun:",pk"`
	HomeID        int64  `bun:",notnull"`
	GuestID       int64  `bun:",notnull"`
	WinnerID      *int64 `plinth:"hidden"`
	Home          *team  `bun:"rel:belongs-to,join:home_id=id"`
	Guest         *team  `bun:"rel:belongs-to,join:guest_id=id"`
	Winner        *team  `bun:"rel:belongs-to,join:winner_id=id"`
}

func matches() api.Exposed { return api.Resource[match]{Policy: api.Policy{Read: api.Anyone()}} }

func TestRelationsByHint(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{}, matches())
		if err := store.For[match](db).Insert(t.Context(), &match{ID: 1, HomeID: 1, GuestID: 2, WinnerID: new(int64(2))}); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []readCase{
			{name: "column", line: "GET /matches?select=teams!guest_id(name)", status: 200, body: `[{"teams":{"name":"blue"}}]`, spread: "0-0/*"},
			{name: "two of one table", line: "GET /matches?select=h:teams!home_id(name),g:teams!matches_guest_id_fkey!inner(name)&g.name=eq.blue&order=h(name)", status: 200, body: `[{"h":{"name":"red"},"g":{"name":"blue"}}]`, spread: "0-0/*"},
			{name: "none left", line: "GET /matches?select=id,g:teams!guest_id!inner()&g.name=eq.red", status: 200, body: `[]`, spread: "*/*"},
			{name: "hidden", line: "GET /matches?select=teams!winner_id(name)", status: 400},
			{name: "same name twice", line: "GET /matches?select=teams!home_id(name),teams!guest_id(name)", status: 400},
			{name: "of a row", line: "GET /matches/1?select=home_id(name)", status: 200, body: `{"home_id":{"name":"red"}}`},
		} {
			t.Run(tt.name, func(t *testing.T) { tt.run(t, h) })
		}
	})
}
