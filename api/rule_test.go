package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestGates asks every gate about every caller, through a resource of one row.
func TestGates(t *testing.T) {
	t.Parallel()
	isAnn := api.GateFunc("is ann", func(p auth.Principal) bool { return p.ID == ann.String() })
	tests := []struct {
		gate api.Gate
		text string
		open string // callers it lets through; "-" is nobody
	}{
		{api.Gate{}, "nobody", ""},
		{api.GateFunc("broken", nil), "broken", ""},
		{api.Anyone(), "anyone", "- ann bob guest key service"},
		{api.SignedIn(), "signed in", "ann bob key"},
		{api.Session(), "session", "ann bob guest"},
		{api.Service(), "service", "service"},
		{api.Role("editor"), `role "editor"`, "ann"},
		{api.Role("Editor"), `role "Editor"`, ""},
		{api.Permission("audit"), `permission "audit"`, "bob"},
		{api.AAL(1), "aal >= 1", "ann bob"},
		{api.AAL(2), "aal >= 2", "bob"},
		{isAnn, "is ann", "ann"},
		{api.Role("editor").Or(api.Permission("audit")), `role "editor" or permission "audit"`, "ann bob"},
		{api.SignedIn().And(api.AAL(2), api.Permission("audit")), `signed in and aal >= 2 and permission "audit"`, "bob"},
		{api.SignedIn().And(api.AAL(2).Or(isAnn)), "signed in and (aal >= 2 or is ann)", "ann bob"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			if got := tt.gate.String(); got != tt.text {
				t.Errorf("String %q", got)
			}
			call := api.Func("f", tt.gate, func(context.Context, none) (none, error) { return none{}, nil })
			h := serve(t, memory(t), api.Config{}, call)
			for _, caller := range []string{"-", "ann", "bob", "guest", "key", "service"} {
				want := http.StatusNoContent
				switch {
				case strings.Contains(" "+tt.open+" ", " "+caller+" "):
				case caller == "-":
					want = http.StatusUnauthorized
				default:
					want = http.StatusForbidden
				}
				if got := do(t, h, request{caller: strings.Trim(caller, "-"), line: "POST /rpc/f"}); got.status != want {
					t.Errorf("%s: status %d, want %d", caller, got.status, want)
				}
			}
		})
	}
}

// TestRules asks rules which of three rows each caller sees: ann's, bob's, and
// one of nobody with rank 1.
func TestRules(t *testing.T) {
	t.Parallel()
	own := api.Owner("owner_id")
	ranked := api.Where(store.Eq("rank", 1))
	tests := []struct {
		name           string
		rule           api.Rule
		text           string
		nobody, a, b   string // ann, bob
		guest, service string
	}{
		{name: "nil", rule: nil, text: "denies everything\n"},
		{name: "zero row rule", rule: api.RowRule{}, text: "read: nobody\n"},
		{name: "zero cond", rule: api.Where(store.Cond{}), text: "read: nobody\n"},
		{name: "any of nothing", rule: api.AnyOf(), text: "read: nobody\n"},
		{name: "all of nothing", rule: api.AllOf(), text: "read: nobody\n"},
		{name: "all with nil", rule: api.AllOf(api.Anyone(), nil), text: "read: anyone and nobody\n"},
		{name: "any with nil", rule: api.AnyOf(own, nil), text: "read: owner_id = principal.id or nobody\n", a: "a", b: "b"},
		{name: "gate", rule: api.Anyone(), text: "read: anyone\n", nobody: "abn", a: "abn", b: "abn", guest: "abn"},
		{name: "owner", rule: own, text: "read: owner_id = principal.id\n", a: "a", b: "b"},
		{name: "where", rule: ranked, text: "read: rank = 1\n", nobody: "n", a: "n", b: "n", guest: "n"},
		{name: "any", rule: api.AnyOf(own, ranked), text: "read: owner_id = principal.id or rank = 1\n", nobody: "n", a: "an", b: "bn", guest: "n"},
		{name: "all", rule: api.AllOf(api.SignedIn(), ranked), text: "read: signed in and rank = 1\n", a: "n", b: "n"},
		{name: "all of gates", rule: api.AllOf(api.SignedIn(), api.AAL(2)), text: "read: signed in and aal >= 2\n", b: "abn"},
		{name: "nested", rule: api.AnyOf(api.Role("editor"), api.AllOf(api.SignedIn(), own)), text: "read: role \"editor\" or (signed in and owner_id = principal.id)\n", a: "abn", b: "b"},
		{name: "not of a variable", rule: api.Where(store.Not(store.Eq("owner_id", store.Var("principal.id")))), text: "read: not (owner_id = principal.id)\n", a: "bn", b: "an", guest: "abn"},
		{name: "session", rule: api.Where(store.Eq("title", store.Var("principal.session"))), text: "read: title = principal.session\n", b: "b"},
		{name: "roles", rule: api.Where(store.In("body", store.Var("principal.roles"))), text: "read: body in principal.roles\n", a: "b"},
		{name: "type that does not fit", rule: api.Where(store.Eq("rank", store.Var("principal.id"))), text: "read: rank = principal.id\n"},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		one := int64(1)
		for i, tt := range tests {
			policy := api.Policy{Read: tt.rule}
			if got := policy.String(); got != tt.text {
				t.Errorf("%s: prints %q, want %q", tt.name, got, tt.text)
			}
			h := serve(t, db, api.Config{}, api.Resource[note]{Policy: policy})
			if i == 0 {
				for _, n := range []note{{OwnerID: ann, Key: "a", Title: "s1"}, {OwnerID: bob, Key: "b", Title: "s2", Body: "editor"}, {Key: "n", Title: "none", Rank: &one}} {
					if err := store.For[note](db).Insert(t.Context(), &n); err != nil {
						t.Fatal(err)
					}
				}
			}
			want := map[string]string{"": tt.nobody, "ann": tt.a, "bob": tt.b, "guest": tt.guest, "service": tt.service}
			if tt.name == "session" {
				want["ann"] = "a"
			}
			for caller, keys := range want {
				res := must(t, h, http.StatusOK, request{caller: caller, line: "GET /notes?select=key&order=key"})
				var got strings.Builder
				for _, row := range decode[[]struct{ Key string }](t, res.body) {
					got.WriteString(row.Key)
				}
				if got.String() != keys {
					t.Errorf("%s: %q sees %q, want %q", tt.name, caller, got.String(), keys)
				}
			}
		}
	})
}

// TestClaims reads variables from claims.
func TestClaims(t *testing.T) {
	t.Parallel()
	claims := map[string]any{
		"org":                 "red",
		"https://example.org": "blue",
		"app":                 map[string]any{"teams": []any{"red", "blue"}, "none": nil},
		"bad":                 []any{"red", map[string]any{}},
		"separator":           []any{"red\x00blue"},
		"empty":               "",
	}
	who := auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) {
		return auth.Principal{Kind: auth.User, ID: "u", Claims: claims}, nil
	})
	for name, want := range map[string]string{
		"org": "red", "https://example.org": "blue", "app.teams": "red blue", "app.none": "", "app": "", "bad": "",
		"separator": "", "empty": "", "missing": "", "org.inner": "", "app.teams.0": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule := api.Where(store.In("name", store.Var("principal.claims."+name)))
			db := memory(t)
			if err := db.Register(projectLabel{}); err != nil {
				t.Fatal(err)
			}
			h := serve(t, db, api.Config{Authenticator: who}, api.Resource[team]{Policy: api.Policy{Read: rule}})
			put(t, db, "", &team{Name: "red"}, &team{Name: "blue"}, &team{Name: "green"})
			var got []string
			for _, row := range decode[[]struct{ Name string }](t, must(t, h, 200, request{line: "GET /teams?order=id"}).body) {
				got = append(got, row.Name)
			}
			if s := strings.Join(got, " "); s != want {
				t.Errorf("sees %q, want %q", s, want)
			}
		})
	}
}

// TestGatesOfOneName: two functions with one name are two gates.
func TestGatesOfOneName(t *testing.T) {
	t.Parallel()
	friend := func(is bool) api.Gate { return api.GateFunc("friend", func(auth.Principal) bool { return is }) }
	for _, creates := range []bool{true, false} {
		h := serve(t, memory(t), api.Config{}, api.Resource[note]{
			Policy: api.Policy{Read: api.Anyone(), Create: friend(creates), Delete: friend(!creates)},
		})
		create := do(t, h, request{caller: "ann", line: "POST /notes", body: `{"title":"x","key":"k","owner_id":"` + ann.String() + `"}`})
		remove := do(t, h, request{caller: "ann", line: "DELETE /notes?key=eq.k"})
		if (create.status == 201) != creates || (remove.status == 204) == creates {
			t.Errorf("friends create %v: POST %d, DELETE %d", creates, create.status, remove.status)
		}
	}
}

// TestPresetIsClosed: a preset column that the policy does not list is written by no update.
func TestPresetIsClosed(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := serve(t, db, api.Config{}, api.Resource[note]{Policy: api.Policy{
			Read: api.Anyone(), Create: api.SignedIn(), Update: api.SignedIn(), Preset: map[string]any{"owner_id": store.Var("principal.id")},
		}})
		must(t, h, 201, request{caller: "ann", line: "POST /notes", body: `{"title":"x","key":"k"}`})
		taken := `{"owner_id":"` + bob.String() + `"}`
		do(t, h, request{caller: "bob", line: "PATCH /notes?key=eq.k", body: taken}) // the value of bob's preset may be sent
		if got := do(t, h, request{caller: "ann", line: "PATCH /notes?key=eq.k", body: taken}); got.status < 400 {
			t.Errorf("ann gives the note away: %d %s", got.status, got.body)
		}
		want := `[{"owner_id":"` + ann.String() + `"}]`
		if got := must(t, h, 200, request{line: "GET /notes?select=owner_id"}); got.body != want {
			t.Errorf("%s, want %s", got.body, want)
		}
	})
}

// TestManyGates goes beyond the number of gates whose guards are kept.
func TestManyGates(t *testing.T) {
	t.Parallel()
	var rules []api.Rule
	for name := range strings.FieldsSeq("a b c d e f g h i j editor") {
		rules = append(rules, api.Role(name))
	}
	h := serve(t, memory(t), api.Config{}, api.Resource[note]{Policy: api.Policy{Read: api.AnyOf(rules...), Create: api.Anyone()}})
	must(t, h, 201, request{line: "POST /notes", body: `{"title":"x","key":"k","owner_id":"` + ann.String() + `"}`})
	for caller, want := range map[string]string{"ann": `[{"key":"k"}]`, "bob": "[]"} {
		if got := must(t, h, 200, request{caller: caller, line: "GET /notes?select=key"}); got.body != want {
			t.Errorf("%s: %s", caller, got.body)
		}
	}
}
