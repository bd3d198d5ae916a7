package api_test

import (
	"context"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestRoles: Roles finds the roles of every rule, and says where rules may ask for others.
func TestRoles(t *testing.T) {
	t.Parallel()
	opaque := api.GateFunc("staff", func(p auth.Principal) bool { return p.HasRole("staff") })
	columns := map[string]api.ColumnRule{"text": {Update: api.Role("writer").And(api.AAL(2))}}
	for _, tt := range []struct {
		name     string
		policy   api.Policy
		want     []string
		complete bool
	}{
		{"none", api.Policy{Read: api.Anyone()}, []string{"caller"}, true},
		{"every kind of rule", api.Policy{Read: api.AnyOf(api.Role("reader"), api.AllOf(api.Role("admin"), api.SignedIn())), Columns: columns}, []string{"admin", "caller", "reader", "writer"}, true},
		{"a function", api.Policy{Read: api.Role("reader").Or(opaque)}, []string{"caller", "reader"}, false},
		{"a variable", api.Policy{Read: api.Where(store.In("text", store.Var("principal.roles")))}, []string{"caller"}, false},
	} {
		a, err := api.New(memory(t), api.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if _, complete := a.Roles(); complete {
			t.Errorf("%s: roles before Handler", tt.name)
		}
		a.Add(api.Resource[label]{Policy: tt.policy}, api.Func("call", api.Role("caller"), func(context.Context, none) (none, error) { return none{}, nil }))
		if _, err := a.Handler(); err != nil {
			t.Fatal(err)
		}
		if names, complete := a.Roles(); !slices.Equal(names, tt.want) || complete != tt.complete {
			t.Errorf("%s: %v, %t, want %v, %t", tt.name, names, complete, tt.want, tt.complete)
		}
	}
}
