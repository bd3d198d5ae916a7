package api_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
)

// TestCatalog: gates of rules are decided for each caller, and a table that the caller
// cannot use is not in the catalog.
func TestCatalog(t *testing.T) {
	t.Parallel()
	a, err := api.New(memory(t), api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Catalog(auth.Principal{}); err == nil {
		t.Error("before Handler: no error")
	}
	editorOrOwner := api.AnyOf(api.Role("editor"), api.AllOf(api.SignedIn(), api.Owner("owner_id")))
	a.Add(
		api.Resource[note]{Policy: api.Policy{Read: editorOrOwner, Create: api.SignedIn(), Update: api.Role("editor"), UpdateCheck: editorOrOwner}},
		nothing("f"),
	)
	if _, err := a.Handler(); err != nil {
		t.Fatal(err)
	}
	const call = "/rpc/f\n  call: anyone\n"
	for _, tt := range []struct {
		name   string
		caller auth.Principal
		want   string
	}{
		{"anonymous", auth.Principal{}, call},
		{
			"user",
			auth.Principal{Kind: auth.User, ID: "u", Subject: "u"},
			"/notes\n  read: owner_id = principal.id\n  create: every row\n  update: no row\n  update to: owner_id = principal.id\n  delete: no row\n  restore: no row\n" + call,
		},
		{
			"editor",
			auth.Principal{Kind: auth.User, ID: "u", Subject: "u", Roles: []string{"editor"}},
			"/notes\n  read: every row\n  create: every row\n  update: every row\n  update to: every row\n  delete: no row\n  restore: no row\n" + call,
		},
		{
			"service",
			auth.Principal{Kind: auth.Service},
			"/notes\n  read: role \"editor\" or (signed in and owner_id = principal.id)\n  create: signed in\n  update: role \"editor\"\n" +
				"  update to: role \"editor\" or (signed in and owner_id = principal.id)\n" + call,
		},
	} {
		c, err := a.Catalog(tt.caller)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.String(); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}
