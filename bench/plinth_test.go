package bench_test

import (
	"context"
	"net/http"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// newPlinth is the side that is measured: an application's few lines, all else
// as it comes.
func newPlinth(ctx context.Context, config *serverConfig) (http.Handler, error) {
	db, err := openStore(ctx, config.Engine, config.Database, config.Pooler)
	if err != nil {
		return nil, err
	}
	a, err := api.New(db, api.Config{Authenticator: auth.AuthenticatorFunc(authenticate)})
	if err != nil {
		return nil, err
	}
	only := func(column string, value any) api.Policy {
		return api.Policy{Read: api.Where(store.Compare(column, query.OpEq, value))}
	}
	a.Add(
		api.Resource[Item]{Policy: hiding(config.Hidden)},
		api.Resource[TrackedItem]{Policy: api.OwnedBy("owner_id")},
		api.Resource[Author]{Policy: only("active", true)},
		api.Resource[Post]{Policy: only("public", true)},
		api.Resource[Comment]{Policy: only("hidden", false)},
	)
	return a.Handler()
}

// hiding is the policy of an owner's rows with a condition more for each title.
func hiding(titles []string) api.Policy {
	policy := api.OwnedBy("owner_id")
	if len(titles) == 0 {
		return policy
	}
	rules := []api.Rule{policy.Read}
	for _, title := range titles {
		rules = append(rules, api.Where(store.Compare("title", query.OpNeq, title)))
	}
	policy.Read = api.AllOf(rules...)
	return policy
}

func openStore(ctx context.Context, engine, database string, pooler bool) (*store.DB, error) {
	if engine == enginePostgres {
		return postgres.Open(ctx, database, &postgres.Options{Pooler: pooler})
	}
	return sqlite.Open(ctx, database, nil)
}
