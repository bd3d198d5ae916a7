package plinthtest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/plinthtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Twelve tables of one shape.
type (
	entry struct {
		store.Model
		OwnerID store.ID `bun:",notnull"`
		Text    string   `bun:",notnull"`
	}
	t01 struct {
		bun.BaseModel `bun:"table:t01"`
		entry
	}
	t02 struct {
		bun.BaseModel `bun:"table:t02"`
		entry
	}
	t03 struct {
		bun.BaseModel `bun:"table:t03"`
		entry
	}
	t04 struct {
		bun.BaseModel `bun:"table:t04"`
		entry
	}
	t05 struct {
		bun.BaseModel `bun:"table:t05"`
		entry
	}
	t06 struct {
		bun.BaseModel `bun:"table:t06"`
		entry
	}
	t07 struct {
		bun.BaseModel `bun:"table:t07"`
		entry
	}
	t08 struct {
		bun.BaseModel `bun:"table:t08"`
		entry
	}
	t09 struct {
		bun.BaseModel `bun:"table:t09"`
		entry
	}
	t10 struct {
		bun.BaseModel `bun:"table:t10"`
		entry
	}
	t11 struct {
		bun.BaseModel `bun:"table:t11"`
		entry
	}
	t12 struct {
		bun.BaseModel `bun:"table:t12"`
		entry
	}
)

func tables(ctx context.Context, config plinth.Config) (*plinth.App, error) {
	app, err := plinth.New(ctx, config)
	if err != nil {
		return nil, err
	}
	owned := api.OwnedBy("owner_id")
	app.Add(api.Resource[t01]{Policy: owned}, api.Resource[t02]{Policy: owned}, api.Resource[t03]{Policy: owned}, api.Resource[t04]{Policy: owned},
		api.Resource[t05]{Policy: owned}, api.Resource[t06]{Policy: owned}, api.Resource[t07]{Policy: owned}, api.Resource[t08]{Policy: owned},
		api.Resource[t09]{Policy: owned}, api.Resource[t10]{Policy: owned}, api.Resource[t11]{Policy: owned}, api.Resource[t12]{Policy: owned})
	return app, nil
}

var (
	annID, bobID = store.ID{1, 15: 1}, store.ID{1, 15: 2}
	rowID        = store.ID{2, 15: 1}
)

// TestPolicyOfADozenTables compares the matrix on both engines, within a time that lets it
// run at each change.
func TestPolicyOfADozenTables(t *testing.T) {
	t.Parallel()
	plinthtest.Engines(t, pgtest.Source(), tables, func(t *testing.T, kit *plinthtest.Kit) {
		m := apitest.Matrix{
			Golden: "testdata/tables.policy",
			Callers: []apitest.Caller{
				{Name: "anonymous"},
				{Name: "ann", Principal: authtest.User(annID.String())},
				{Name: "bob", Principal: authtest.User(bobID.String())},
				{Name: "service", Principal: auth.Principal{Kind: auth.Service}},
			},
		}
		for i := 1; i <= 12; i++ {
			name := fmt.Sprintf("t%02d", i)
			insert := fmt.Sprintf(`insert into %s (id, owner_id, text, created_at, updated_at, version) values ('%s', '%s', 'x', '2026-01-02T00:00:00.000000+00:00', '2026-01-02T00:00:00.000000+00:00', 1)`, name, rowID, annID)
			if _, err := kit.App().DB().Bun().DB.ExecContext(t.Context(), insert); err != nil {
				t.Fatal(err)
			}
			table := "/rest/v1/" + name
			m.Rows = append(m.Rows, apitest.Row{Name: name, Path: table + "/" + rowID.String(), Collection: table, Create: `{"text":"y"}`, Update: `{"text":"y"}`})
		}
		begun := time.Now()
		kit.Policy(t, m)
		took := time.Since(begun)
		t.Logf("the matrix took %s", took)
		if most := 5 * time.Second; took > most {
			t.Errorf("the matrix took %s, at most %s", took, most)
		}
	})
}
