package main

import (
	"context"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// functions returns what can be asked beside the tables. They only read, so they
// are there at GET too.
func functions() []api.Exposed {
	return []api.Exposed{
		api.ReadFunc("countries_by_code", api.Anyone(), countriesByCode),
		api.ReadFunc("count_subdivisions", api.Anyone(), countSubdivisions),
	}
}

// countriesByCode returns countries in the order of the codes given, which may
// have two letters or three. Codes of no country are left out.
func countriesByCode(ctx context.Context, tx *store.Tx, in struct {
	Codes []string `json:"codes" validate:"required,max=300"`
},
) ([]*Country, error) {
	found, err := store.For[Country](tx).List(ctx, store.Query{
		Where: store.Or(store.In("alpha_2", in.Codes), store.In("alpha_3", in.Codes)),
	})
	if err != nil {
		return nil, err
	}
	byCode := map[string]*Country{}
	for _, c := range found {
		byCode[c.Alpha2], byCode[c.Alpha3] = c, c
	}
	var ordered []*Country
	for _, code := range in.Codes {
		if c := byCode[code]; c != nil {
			ordered = append(ordered, c)
		}
	}
	return ordered, nil
}

// countSubdivisions returns how many subdivisions a country has.
func countSubdivisions(ctx context.Context, tx *store.Tx, in struct {
	Country string `json:"country" validate:"required"`
},
) (int64, error) {
	return store.For[Subdivision](tx).Count(ctx, store.Eq("country_code", in.Country))
}
