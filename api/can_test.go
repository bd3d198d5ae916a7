package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// rights says what the caller may do with each project and task of the fixture.
type rights struct {
	Update map[string]bool `json:"update"`
	Delete map[string]bool `json:"delete"`
	Read   map[string]bool `json:"read"`
	Tasks  map[string]bool `json:"tasks"`  // update
	Back   map[string]bool `json:"back"`   // restore
	Make   map[string]bool `json:"make"`   // a task in a project
	Team   bool            `json:"team"`   // create
	Hidden bool            `json:"hidden"` // a table without a resource
}

// TestCan asks the policies of the fixture in Go. The expected answers are written from
// its rows: who owns a project and who is a member.
func TestCan(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		names := map[string]string{pAlpha: "alpha", pBeta: "beta", pGamma: "gamma", pOther: "other", tOne: "one", tThree: "three", tGone: "gone"}
		asked := func(ctx context.Context, s store.Session) (out rights, err error) {
			var projects []*project
			for _, key := range []string{pAlpha, pBeta, pGamma, pOther} {
				projects = append(projects, &project{Model: model(t, key)})
			}
			each := func(action api.Action, into *map[string]bool) {
				allowed, failed := api.CanEach(ctx, s, action, projects)
				err = errors.Join(err, failed)
				*into = map[string]bool{}
				for i, ok := range allowed {
					(*into)[names[projects[i].ID.String()]] = ok
				}
			}
			each(api.CanUpdate, &out.Update)
			each(api.CanDelete, &out.Delete)
			each(api.CanRead, &out.Read)
			one := func(action api.Action, row any) bool {
				ok, failed := api.Can(ctx, s, action, row)
				err = errors.Join(err, failed)
				return ok
			}
			out.Tasks, out.Back, out.Make = map[string]bool{}, map[string]bool{}, map[string]bool{}
			for _, key := range []string{tOne, tThree, tGone} {
				out.Tasks[names[key]] = one(api.CanUpdate, &task{Model: model(t, key)})
				out.Back[names[key]] = one(api.CanRestore, task{Model: model(t, key)})
			}
			for _, key := range []string{pAlpha, pGamma} {
				out.Make[names[key]] = one(api.CanCreate, &task{Model: store.Model{ID: store.NewID()}, ProjectID: id(t, key), Title: "new"})
			}
			out.Team = one(api.CanCreate, &team{Name: "green"})
			out.Hidden = one(api.CanRead, &projectUser{ProjectID: id(t, pAlpha), UserID: bob})
			return out, err
		}
		h := fixtureServer(t, db, api.Config{},
			api.TxFunc("rights", api.Anyone(), func(ctx context.Context, tx *store.Tx, _ none) (rights, error) { return asked(ctx, tx) }),
			api.ReadFunc("seen_rights", api.Anyone(), func(ctx context.Context, tx *store.Tx, _ none) (rights, error) { return asked(ctx, tx) }))
		const nothing = `{"update":{"alpha":false,"beta":false,"gamma":false,"other":false},"delete":{"alpha":false,"beta":false,"gamma":false,"other":false},` +
			`"read":{"alpha":false,"beta":false,"gamma":false,"other":false},"tasks":{"gone":false,"one":false,"three":false},` +
			`"back":{"gone":false,"one":false,"three":false},"make":{"alpha":false,"gamma":false},"team":false,"hidden":false}`
		for caller, want := range map[string]string{
			"": nothing,
			"ann": `{"update":{"alpha":true,"beta":true,"gamma":false,"other":false},"delete":{"alpha":true,"beta":true,"gamma":false,"other":false},` +
				`"read":{"alpha":true,"beta":true,"gamma":false,"other":false},"tasks":{"gone":false,"one":true,"three":false},` +
				`"back":{"gone":true,"one":false,"three":false},"make":{"alpha":true,"gamma":false},"team":true,"hidden":false}`,
			"bob": `{"update":{"alpha":false,"beta":false,"gamma":true,"other":false},"delete":{"alpha":false,"beta":false,"gamma":true,"other":false},` +
				`"read":{"alpha":true,"beta":false,"gamma":true,"other":false},"tasks":{"gone":false,"one":true,"three":true},` +
				`"back":{"gone":true,"one":false,"three":false},"make":{"alpha":true,"gamma":true},"team":false,"hidden":false}`,
		} {
			for _, function := range []string{"rights", "seen_rights"} {
				res := must(t, h, 200, request{caller: caller, line: "POST /rpc/" + function, body: "{}"})
				var got, wanted rights
				if err := errors.Join(json.Unmarshal([]byte(res.body), &got), json.Unmarshal([]byte(want), &wanted)); err != nil || !reflect.DeepEqual(got, wanted) {
					t.Errorf("%q: %s\nwant %s, %v", caller, res.body, want, err)
				}
			}
		}
		if _, err := api.Can(t.Context(), db, api.CanRead, &task{Model: model(t, tOne)}); !errors.Is(err, store.ErrNoScope) {
			t.Errorf("outside a request: %v, want ErrNoScope", err)
		}
		if _, err := api.Can(store.WithScope(t.Context(), new(store.Scope)), db, api.CanRead, []task{}); err == nil {
			t.Error("a slice: no error")
		}
		if _, err := api.CanEach(store.WithScope(t.Context(), new(store.Scope)), db, api.CanRead, []*task{nil}); err == nil {
			t.Error("nil: no error")
		}
	})
}

// TestCanPreset: a new row with another value than the policy presets cannot be created, as
// a write in the scope of the caller would reject it. An action that does not exist is an
// error and not judged as another one.
func TestCanPreset(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{},
			api.TxFunc("may_own", api.Anyone(), func(ctx context.Context, tx *store.Tx, in struct {
				Owner store.ID `json:"owner"`
			},
			) (bool, error) {
				return api.Can(ctx, tx, api.CanCreate, &project{Model: store.Model{ID: store.NewID()}, OwnerID: in.Owner, Title: "new", Code: "n"})
			}),
			api.TxFunc("may_publish", api.Anyone(), func(ctx context.Context, tx *store.Tx, _ none) (string, error) {
				_, err := api.Can(ctx, tx, "publish", &project{Model: model(t, pAlpha)})
				return fmt.Sprint(err), nil
			}))
		for _, c := range []struct{ caller, owner, want string }{
			{"ann", ann.String(), "true"},
			{"ann", bob.String(), "false"},
			{"bob", ann.String(), "false"},
			{"", ann.String(), "false"},
		} {
			res := must(t, h, 200, request{caller: c.caller, line: "POST /rpc/may_own", body: `{"owner":"` + c.owner + `"}`})
			if res.body != c.want {
				t.Errorf("%q as owner %s: %s, want %s", c.caller, c.owner, res.body, c.want)
			}
		}
		res := must(t, h, 200, request{caller: "ann", line: "POST /rpc/may_publish", body: "{}"})
		if want := `"store: unknown operation \"publish\""`; res.body != want {
			t.Errorf("an unknown action: %s, want %s", res.body, want)
		}
	})
}
