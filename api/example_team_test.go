package api_test

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// Team is what people share.
type Team struct {
	bun.BaseModel `bun:"table:teams"`
	ID            int64    `bun:",pk,autoincrement"`
	Name          string   `bun:",notnull"`
	Members       []Member `bun:"rel:has-many,join:id=team_id"`
}

// Member is a user in a team. Nobody reads or writes it by the API: it is not added.
type Member struct {
	bun.BaseModel `bun:"table:members"`
	TeamID        int64  `bun:",pk"`
	UserID        string `bun:",pk"`
}

// Note belongs to a team.
type Note struct {
	bun.BaseModel `bun:"table:notes"`
	ID            int64  `bun:",pk,autoincrement"`
	TeamID        int64  `bun:",notnull"`
	Team          *Team  `bun:"rel:belongs-to,join:team_id=id"`
	Title         string `bun:",notnull"`
}

// Members of a team see it, read its notes and write new ones; to everybody else there
// is neither. A function makes a team together with its first member, which no rule could
// allow: before there is a member, nobody is one.
func ExampleRelated_team() {
	type newTeam struct {
		Name string `json:"name" validate:"required"`
	}
	h, end := exampleAPI(func(*store.DB) []api.Exposed {
		member := api.Related("members", api.Owner("user_id"))
		return []api.Exposed{
			api.Resource[Team]{Policy: api.Policy{Read: member}},
			api.Resource[Note]{Policy: api.Policy{Read: api.Related("team", member), Create: api.Related("team", member)}},
			api.TxFunc("make_team", api.SignedIn(), func(ctx context.Context, tx *store.Tx, in newTeam) (*Team, error) {
				team := &Team{Name: in.Name}
				if err := store.For[Team](tx).Insert(ctx, team); err != nil {
					return nil, err
				}
				first := &Member{TeamID: team.ID, UserID: auth.FromContext(ctx).ID}
				return team, store.For[Member](tx).Insert(ctx, first)
			}),
		}
	})
	defer end()
	send(h, "ann", "POST", "/rpc/make_team", `{"name":"red"}`)
	send(h, "ann", "POST", "/notes", `{"team_id":1,"title":"plan"}`)
	send(h, "ann", "GET", "/notes?select=title,team:teams(name)", "")
	send(h, "eve", "GET", "/teams", "")
	send(h, "eve", "GET", "/notes", "")
	send(h, "eve", "POST", "/notes", `{"team_id":1,"title":"spam"}`)
	// Output:
	// 200 {"id":1,"name":"red"}
	// 201
	// 200 [{"title":"plan","team":{"name":"red"}}]
	// 200 []
	// 200 []
	// 409 {"code":"23503","message":"insert, update or delete violates a foreign key","details":"Key (team_id) has no matching row, or is still referenced.","hint":null}
}
