package rest_test

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Loan is a row of the table behind two views.
type Loan struct {
	bun.BaseModel `bun:"table:loans"`
	ID            int64  `bun:",pk"`
	Member        string `bun:",notnull"`
	Title         string `bun:",notnull"`
	Days          int64  `bun:",notnull"`
}

// Reading is a view without a key.
type Reading struct {
	bun.BaseModel `bun:"table:readings"`
	Title         string `bun:",notnull"`
	Days          int64  `bun:",notnull"`
}

// Member is a view with a key.
type Member struct {
	bun.BaseModel `bun:"table:members"`
	store.View
	Name  string `bun:",pk"`
	Loans int64  `bun:",notnull"`
	Days  int64  `bun:",notnull"`
}

// Stay is a view with a key that does not hold.
type Stay struct {
	bun.BaseModel `bun:"table:stays"`
	store.View
	Member string `bun:",pk"`
	Days   int64  `bun:",notnull"`
}

// loans has views. Members of one loan are shown to editors only.
func loans() part {
	return part{
		models: []any{Loan{}, Reading{}, Member{}, Stay{}},
		views: []string{
			"create view readings as select title, days from loans",
			"create view members as select member as name, count(*) as loans, max(days) as days from loans group by member",
			"create view stays as select member, days from loans",
		},
		exposed: func(*store.DB) []api.Exposed {
			regular := api.AnyOf(api.Role("editor"), api.Where(store.Compare("loans", query.OpGt, 1)))
			return []api.Exposed{
				api.Resource[Reading]{Policy: api.Policy{Read: api.Anyone()}},
				api.Resource[Stay]{Policy: api.Policy{Read: api.Anyone()}},
				api.Resource[Member]{Policy: api.Policy{Read: regular}},
				api.ReadFunc("readers", api.Anyone(), func(ctx context.Context, tx *store.Tx, in struct {
					Title string `json:"title"`
				},
				) ([]*Member, error) {
					read, err := store.For[Loan](tx).List(ctx, store.Query{Where: store.Eq("title", in.Title)})
					if err != nil {
						return nil, err
					}
					members := make([]*Member, len(read))
					for i, l := range read {
						members[i] = &Member{Name: l.Member}
					}
					return members, nil
				}),
			}
		},
		fill: func(tb testing.TB, db *store.DB) {
			tb.Helper()
			insert(
				tb, db, &Loan{ID: 1, Member: "Vera", Title: "Emma", Days: 9}, &Loan{ID: 2, Member: "Otto", Title: "Emma", Days: 3},
				&Loan{ID: 3, Member: "Otto", Title: "Ada", Days: 30}, &Loan{ID: 4, Member: "Lena", Title: "Emma", Days: 5},
				&Loan{ID: 5, Member: "Lena", Title: "Emma", Days: 3},
			)
		},
	}
}
