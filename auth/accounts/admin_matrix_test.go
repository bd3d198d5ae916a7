package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// adminRequests are what every route for admins is asked, and the answer to one who
// may: {user}, {factor}, {role} and a key are there.
var adminRequests = map[string]struct {
	body   string
	status int
}{
	"POST invite":                              {`{"email":"{new}@example.org"}`, 200},
	"POST admin/generate_link":                 {`{"type":"magiclink","email":"{name}@example.org"}`, 200},
	"GET admin/users":                          {"", 200},
	"POST admin/users":                         {`{"email":"{new}@example.org"}`, 200},
	"GET admin/users/{id}":                     {"", 200},
	"PUT admin/users/{id}":                     {`{"user_metadata":{"a":1}}`, 200},
	"DELETE admin/users/{id}":                  {"", 200},
	"POST admin/users/{id}/logout":             {"", 204},
	"GET admin/users/{id}/factors":             {"", 200},
	"DELETE admin/users/{id}/factors/{factor}": {"", 200},
	"GET admin/users/{id}/roles":               {"", 200},
	"PUT admin/users/{id}/roles":               {`{"roles":[]}`, 200},
	"GET admin/roles":                          {"", 200},
	"POST admin/roles":                         {`{"name":"{new}","permissions":[]}`, 200},
	"GET admin/roles/{name}":                   {"", 200},
	"PUT admin/roles/{name}":                   {`{"description":"x","permissions":[]}`, 200},
	"DELETE admin/roles/{name}":                {"", 200},
	"GET admin/audit":                          {"", 200},
	"GET admin/api-keys":                       {"", 200},
	"POST admin/api-keys":                      {`{"name":"{new}","scopes":["reports"]}`, 200},
	"DELETE admin/api-keys/{id}":               {"", 204},
}

// TestAdminMatrix sends every kind of caller to every admin route. The test fails for an
// admin route that is not in its list.
func TestAdminMatrix(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		w.role("chief", accounts.PermissionAdmin, "reports")
		w.role("other", "accounts.read", "admin", "notes.write")
		_, ordinary := w.person("ordinary")
		_, chief := w.person("chief", "chief")
		_, other := w.person("other", "other")
		lapsed, dismissed := w.lapsed(), w.dismissed()
		w.made(`{"email":"named@example.org","password":"a good password","email_confirm":true,"role":"service_role"}`)
		callers := []struct {
			name       string
			key, token string
			status     int // 0: may
			code       string
		}{
			{"nobody", "", "", 401, "no_authorization"},
			{"publishable key", publishableKey, "", 401, "no_authorization"},
			{"publishable key as token", publishableKey, publishableKey, 401, "no_authorization"},
			{"unknown key", "sb_secret_" + strings.Repeat("0", 32), "", 401, "bad_jwt"},
			{"guest", publishableKey, w.must(200, w.do("POST /signup", "", "{}")).str("access_token"), 403, "not_admin"},
			{"user", publishableKey, ordinary, 403, "not_admin"},
			{"user beside a secret key", secretKey, ordinary, 403, "not_admin"},
			{"user with other permissions", publishableKey, other, 403, "not_admin"},
			{"user whose role is called service_role", "", w.in("named").str("access_token"), 403, "not_admin"},
			{"admin whose session has ended", publishableKey, lapsed, 403, "session_not_found"},
			{"admin who has the role no more", publishableKey, dismissed, 401, "bad_jwt"},
			{"garbage", publishableKey, "x.y.z", 401, "bad_jwt"},
			{"API key of an admin", publishableKey, w.key(chief, selfScope+`,"reports"`).str("key"), 403, "not_admin"},
			{"secret key", secretKey, "", 0, ""},
			{"secret key as token", secretKey, secretKey, 0, ""},
			{"admin by permission", publishableKey, chief, 0, ""},
		}
		asked := 0
		for _, rt := range accounts.Routes() {
			method, path := rt[0], rt[1]
			route := method + " " + path
			request, ok := adminRequests[route]
			if !ok {
				if strings.HasPrefix(path, "admin") || strings.Contains(path, "invite") {
					t.Errorf("%s is not asked", route)
				}
				continue
			}
			asked++
			var about target
			for i, caller := range callers {
				if i == 0 || caller.status == 0 {
					name := strings.NewReplacer("/", "", " ", "", "{", "", "}", "").Replace(route)
					about = w.target(fmt.Sprintf("%s%d", name, i))
				}
				before := w.state(about)
				got := w.with(caller.key, caller.token, about.fill(method+" /"+path), about.fill(request.body))
				switch {
				case caller.status == 0:
					if got.status != request.status {
						t.Errorf("%s as %s: %d %s", route, caller.name, got.status, got.text)
					}
				case got.status != caller.status || got.code() != caller.code:
					t.Errorf("%s as %s: %d %s", route, caller.name, got.status, got.text)
				default:
					if after := w.state(about); before != after {
						t.Errorf("%s as %s has changed something:\n%s\n%s", route, caller.name, before, after)
					}
				}
			}
		}
		if asked != len(adminRequests) {
			t.Errorf("%d routes were asked, %d are there", asked, len(adminRequests))
		}
	})
}

// state is what a request for admins could change: a user, how many there are, the
// roles, and what was noted last.
func (w *world) state(about target) string {
	w.t.Helper()
	var b strings.Builder
	for _, path := range []string{"users/" + about.id, "users/" + about.id + "/roles", "users?per_page=1", "roles", "audit?per_page=1", "api-keys?user_id=" + about.id} {
		got := w.must(200, w.admin("GET /admin/"+path, ""))
		b.WriteString(got.header.Get("X-Total-Count") + got.text + "\n")
	}
	return b.String()
}

// lapsed returns the token of an admin who has signed out.
func (w *world) lapsed() string {
	w.t.Helper()
	_, token := w.person("lapsed", "chief")
	w.must(204, w.do("POST /logout", token, ""))
	return token
}

// dismissed returns the token of somebody who was an admin.
func (w *world) dismissed() string {
	w.t.Helper()
	id, token := w.person("dismissed", "chief")
	w.must(200, w.admin("PUT /admin/users/"+id+"/roles", `{"roles":[]}`))
	return token
}

// target is what a request for admins is about.
type target struct{ name, id, factor, role, key string }

// target makes a user with a second factor that was not used yet, an API key, and a
// role.
func (w *world) target(name string) target {
	w.t.Helper()
	id, token := w.person(name)
	factor := w.enroll(token, "app").id
	w.role("r" + name)
	return target{strings.ToLower(name), id, factor, "r" + name, w.key(token, selfScope).str("id")}
}

func (g target) fill(text string) string {
	return strings.NewReplacer("api-keys/{id}", "api-keys/"+g.key, "{id}", g.id, "roles/{name}", "roles/"+g.role, "{factor}", g.factor, "{new}", "new"+g.name, "{name}", g.name).Replace(text)
}

// TestAdminSecondFactor: an admin who has a second factor needs it to manage accounts.
func TestAdminSecondFactor(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		w.role("chief", accounts.PermissionAdmin)
		id, _ := w.withApp()
		user := w.claims(id.str("access_token"))["sub"].(string)
		w.must(200, w.admin("PUT /admin/users/"+user+"/roles", `{"roles":["chief"]}`))
		high := w.must(200, w.do(refreshLine, "", refreshBody(id.str("refresh_token")))).str("access_token")
		w.must(200, w.do("GET /admin/users", high, ""))
		w.refused(401, "insufficient_aal", w.do("GET /admin/users", w.login().str("access_token"), ""))
	})
}

// TestAdminOfTheMoment: the permission of an admin is read when the request is served. The
// change may not have reached this instance by the change log yet.
func TestAdminOfTheMoment(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		w.role("chief", accounts.PermissionAdmin)
		_, token := w.person("chief", "chief")
		w.must(200, w.do("GET /admin/users", token, ""))
		if _, err := w.db.Bun().ExecContext(t.Context(), `delete from "auth_user_roles"`); err != nil {
			t.Fatal(err)
		}
		w.refused(403, "not_admin", w.do("GET /admin/users", token, ""))
	})
}

// TestEscalation: admins by permission can neither grant nor take over rights that they
// lack. Each case is tried by an admin with the roles chief and writer.
func TestEscalation(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		w.role("chief", accounts.PermissionAdmin)
		w.role("writer", "notes.write")
		w.role("owner", accounts.PermissionAdmin, "billing")
		w.role("bare") // no permission: rules may ask for its name
		chief, token := w.person("chief", "chief", "writer")
		owner, _ := w.person("owner", "owner")
		bare, _ := w.person("bare", "bare")
		named := w.made(`{"email":"named@example.org","role":"editor"}`)
		w.role("twin", "billing") // the role of one, and the name of the one role of another
		twin, _ := w.person("twins", "chief")
		w.must(200, w.admin("PUT /admin/users/"+twin, `{"role":"twin"}`))
		w.refused(403, "not_admin", w.do("PUT /admin/users/"+twin+"/roles", w.in("twins").str("access_token"), `{"roles":["chief","twin"]}`))
		user, _ := w.person("user")
		admin := func(line, body string) *answer { return w.do(line, token, body) }
		denied := []struct{ line, body string }{
			// To themselves.
			{"PUT /admin/users/" + chief + "/roles", `{"roles":["chief","writer","owner"]}`},
			{"PUT /admin/users/" + chief, `{"roles":["chief","bare"]}`},
			{"PUT /admin/users/" + chief, `{"role":"editor"}`},
			{"PUT /admin/users/" + chief, `{"role":"service_role"}`},
			// To others, and to somebody new.
			{"PUT /admin/users/" + user, `{"roles":["owner"]}`},
			{"PUT /admin/users/" + user + "/roles", `{"roles":["bare"]}`},
			{"POST /admin/users", `{"email":"new@example.org","roles":["owner"]}`},
			{"POST /admin/users", `{"email":"new@example.org","role":"editor"}`},
			{"POST /admin/users", `{"email":"new@example.org","id":"0192f0c1-2345-7abc-8def-0123456789ab"}`}, // of whoever has rows under it
			// By roles.
			{"POST /admin/roles", `{"name":"mine","permissions":["accounts.admin","billing"]}`},
			{"PUT /admin/roles/writer", `{"permissions":["notes.write","billing"]}`},
			{"PUT /admin/roles/owner", `{"permissions":["accounts.admin"]}`},
			{"DELETE /admin/roles/owner", ``},
			{"DELETE /admin/roles/bare", ``}, // who had it would hold no more than others then
			// By the account of somebody who has more.
			{"POST /admin/generate_link", `{"type":"recovery","email":"owner@example.org"}`},
			{"POST /admin/generate_link", `{"type":"magiclink","email":"bare@example.org"}`},
			{"POST /admin/generate_link", `{"type":"email_change_new","email":"owner@example.org","new_email":"evil@example.org"}`},
		}
		for _, id := range []string{owner, bare, named} {
			for _, body := range []string{`{"password":"my own password"}`, `{"email":"evil@example.org"}`, `{"ban_duration":"1h"}`, `{"user_metadata":{"x":1}}`} {
				denied = append(denied, struct{ line, body string }{"PUT /admin/users/" + id, body})
			}
			denied = append(denied, []struct{ line, body string }{
				{"DELETE /admin/users/" + id, ""},
				{"DELETE /admin/users/" + id, `{"should_soft_delete":true}`},
				{"POST /admin/users/" + id + "/logout", ""},
				{"PUT /admin/users/" + id + "/roles", `{"roles":[]}`},
				{"DELETE /admin/users/" + id + "/factors/" + id, ""},
			}...)
		}
		for _, tt := range denied {
			if tt.line == "PUT /admin/users/"+named+"/roles" {
				tt.body = `{"roles":["writer"]}`
			}
			w.refused(403, "not_admin", admin(tt.line, tt.body))
		}
		if roles, permissions, err := w.a.RolesOf(t.Context(), mustID(t, chief)); err != nil || fmt.Sprint(roles, permissions) != "[chief writer] [accounts.admin notes.write]" {
			t.Errorf("the admin has %v %v: %v", roles, permissions, err)
		}
		w.in("owner")
		w.in("bare")
		// What they may.
		for _, tt := range []struct{ line, body string }{
			{"PUT /admin/users/" + user + "/roles", `{"roles":["writer"]}`},
			{"PUT /admin/users/" + user, `{"roles":["chief","writer"],"role":"authenticated"}`},
			{"POST /admin/users", `{"email":"new@example.org","roles":["writer"]}`},
			{"POST /admin/roles", `{"name":"mine","permissions":["notes.write"]}`},
			{"PUT /admin/roles/mine", `{"permissions":[]}`},
			{"DELETE /admin/roles/mine", ""},
			{"POST /admin/generate_link", `{"type":"recovery","email":"user@example.org"}`},
			{"PUT /admin/users/" + user, `{"password":"another good one"}`},
		} {
			if got := admin(tt.line, tt.body); got.status != 200 {
				t.Errorf("%s %s: %d %s", tt.line, tt.body, got.status, got.text)
			}
		}
	})
}

// TestRolesInTokens: a change of roles or permissions is in the next token of a user, and
// older tokens lose what was taken: a role of the user, a permission of a role, a deleted
// role, the role of all users.
func TestRolesInTokens(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		w.role("writer", "notes.write", "notes.read", "notes.write")
		w.role("idle", "nothing")
		id, _ := w.person("ann", "writer")
		_, bystander := w.person("bob", "idle")
		in := w.in("ann")
		check := func(what string, roles, permissions []string) {
			t.Helper()
			p, err := w.a.Verify(t.Context(), in.str("access_token"))
			if err != nil || !slices.Equal(p.Roles, roles) || !slices.Equal(p.Permissions, permissions) {
				t.Errorf("%s: %v, roles %v, permissions %v", what, err, p.Roles, p.Permissions)
			}
		}
		check("at first", []string{"authenticated", "writer"}, []string{"notes.read", "notes.write"})
		change := func(line, body string, roles, permissions []string) {
			t.Helper()
			if got := w.admin(line, body); got.status != 200 {
				t.Fatalf("%s: %s", line, got.text)
			}
			if token, _ := w.alive(in); token {
				t.Errorf("%s %s: the token lives", line, body)
			}
			if _, err := w.a.Verify(t.Context(), in.str("access_token")); !errors.Is(err, auth.ErrExpired) {
				t.Errorf("%s: the client is not told to refresh: %v", line, err)
			}
			w.must(200, w.do("GET /settings", "", ""))
			in = w.must(200, w.do(refreshLine, "", refreshBody(in.str("refresh_token"))))
			check(line+" "+body, roles, permissions)
			w.advance(20 * time.Second) // the grace of the refresh token
		}
		change("PUT /admin/roles/writer", `{"permissions":["notes.write"]}`, []string{"authenticated", "writer"}, []string{"notes.write"})
		change("PUT /admin/users/"+id+"/roles", `{"roles":["idle","writer","idle"]}`, []string{"authenticated", "idle", "writer"}, []string{"notes.write", "nothing"})
		change("PUT /admin/users/"+id, `{"role":"editor"}`, []string{"editor", "idle", "writer"}, []string{"notes.write", "nothing"})
		change("DELETE /admin/roles/writer", "", []string{"editor", "idle"}, []string{"nothing"})
		w.must(200, w.admin("POST /admin/roles", `{"name":"writer","permissions":["everything"]}`))
		check("a new role of the same name", []string{"editor", "idle"}, []string{"nothing"})
		change("PUT /admin/users/"+id+"/roles", `{"roles":["writer"]}`, []string{"editor", "writer"}, []string{"everything"})
		change("PUT /admin/users/"+id, `{"roles":[]}`, []string{"editor"}, nil)
		w.must(200, w.admin("PUT /admin/roles/writer", `{"permissions":[],"description":"of notes"}`))
		check("a role of others", []string{"editor"}, nil)
		if _, err := w.a.Verify(t.Context(), bystander); err != nil {
			t.Errorf("a user without the role is out: %v", err)
		}
	})
}

// TestStaleRights: a token that is signed after a change, from rights that were read before
// it, is refused, also within the same second. The hook runs in between.
func TestStaleRights(t *testing.T) {
	var changes sync.Map // what happens meanwhile, by the id of the user
	engines(t, func(c *accounts.Config) {
		keyed(c)
		c.BeforeToken = func(ctx context.Context, token *accounts.Token) error {
			if change, ok := changes.LoadAndDelete(token.User.ID); ok {
				return change.(func(context.Context) error)(ctx)
			}
			return nil
		}
	}, func(t *testing.T, w *world) {
		w.role("writer", "notes.write")
		text, _ := w.person("ann", "writer")
		id := mustID(t, text)
		for name, change := range map[string]func(context.Context) error{
			"roles":       func(ctx context.Context) error { return w.a.SetRoles(ctx, id) },
			"permissions": func(ctx context.Context) error { return w.a.SaveRole(ctx, accounts.Role{Name: "writer"}) },
			"sign-out":    func(ctx context.Context) error { return w.a.SignOut(ctx, id) },
			"ban":         func(ctx context.Context) error { return w.a.Ban(ctx, id, time.Hour) },
		} {
			w.role("writer", "notes.write")
			if err := errors.Join(w.a.Ban(t.Context(), id, 0), w.a.SetRoles(t.Context(), id, "writer")); err != nil {
				t.Fatal(err)
			}
			changes.Store(id, change)
			if token, _ := w.alive(w.in("ann")); token {
				t.Errorf("%s: the token of before holds", name)
			}
		}
	})
}

// TestRoleBounds: invalid roles are rejected.
func TestRoleBounds(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		many := func(n int, format string) string {
			list := make([]string, n)
			for i := range list {
				list[i] = fmt.Sprintf(format, i)
			}
			return `["` + strings.Join(list, `","`) + `"]`
		}
		for body, want := range map[string]string{
			`{}`:             "400 validation_failed",
			`{"name":"a b"}`: "400 validation_failed",
			`{"name":"` + strings.Repeat("x", 65) + `"}`:                                "400 validation_failed",
			`{"name":"authenticated"}`:                                                  "400 validation_failed",
			`{"name":"service_role"}`:                                                   "400 validation_failed",
			`{"name":"x","permissions":"y"}`:                                            "400 validation_failed",
			`{"name":"x","permissions":[""]}`:                                           "400 validation_failed",
			`{"name":"x","permissions":["a\u0000"]}`:                                    "400 bad_json",
			`{"name":"x","permissions":[null]}`:                                         "400 validation_failed",
			`{"name":"x","permissions":` + many(65, "p%d") + `}`:                        "400 validation_failed",
			`{"name":"x","description":"` + strings.Repeat("x", 501) + `"}`:             "400 validation_failed",
			`{"name":"x","permissions":` + many(64, strings.Repeat("p", 50)+"%d") + `}`: "400 validation_failed",
			`{"name":"taken"}`:                                                          "422 role_already_exists",
		} {
			w.role("taken")
			if got := w.admin("POST /admin/roles", body); fmt.Sprintf("%d %s", got.status, got.code()) != want {
				t.Errorf("%.60s: %d %s", body, got.status, got.text)
			}
		}
		w.refused(404, "role_not_found", w.admin("GET /admin/roles/x", ""))
		w.refused(404, "role_not_found", w.admin("PUT /admin/roles/x", "{}"))
		w.refused(404, "role_not_found", w.admin("DELETE /admin/roles/x", ""))
		w.refused(400, "validation_failed", w.admin("PUT /admin/roles/taken", `{"name":"x"}`))
		id, _ := w.person("ann")
		for i := range 17 {
			w.role(fmt.Sprintf("r%d", i))
		}
		w.refused(400, "validation_failed", w.admin("PUT /admin/users/"+id+"/roles", `{"roles":`+many(17, "r%d")+`}`))
		w.must(200, w.admin("PUT /admin/users/"+id+"/roles", `{"roles":`+many(16, "r%d")+`}`))
		w.refused(400, "validation_failed", w.admin("PUT /admin/users/"+id+"/roles", `{}`))
		guest := w.must(200, w.do("POST /signup", "", "{}")).body["user"].(map[string]any)["id"].(string)
		w.refused(400, "validation_failed", w.admin("PUT /admin/users/"+guest+"/roles", `{"roles":["r1"]}`))
		if got := w.must(200, w.admin("GET /admin/users/"+guest+"/roles", "")); got.text != `{"permissions":[],"roles":[]}` {
			t.Errorf("a guest has %s", got.text)
		}
		// A role that grows beyond what tokens take: no privileges, and no lock-out.
		for i := range 3 {
			w.must(200, w.admin(fmt.Sprintf("PUT /admin/roles/r%d", i), `{"permissions":`+many(30, strings.Repeat(fmt.Sprint(i), 30)+"p%d")+`}`))
		}
		p, err := w.a.Verify(t.Context(), w.in("ann").str("access_token"))
		if err != nil || len(p.Permissions) != 0 || !slices.Equal(p.Roles, []string{"authenticated"}) {
			t.Errorf("%v: roles %v, permissions %v", err, p.Roles, p.Permissions)
		}
	})
}

// TestFullToken: a user cannot have more roles than fit into a token.
func TestFullToken(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		permissions := make([]string, 32)
		for i := range permissions {
			permissions[i] = fmt.Sprintf("%060d", i)
		}
		w.role("r", permissions...) // 2,022 bytes in tokens
		email := strings.Repeat("a", 64) + "@" + strings.Repeat(strings.Repeat("b", 61)+".", 3) + "org"
		document := fmt.Sprintf(`{"a":%q}`, strings.Repeat("x", 1400))
		body := fmt.Sprintf(`{"email":%q,"phone":"+491511234567890","password":"a good password","email_confirm":true,"roles":["r"],"user_metadata":%s,"app_metadata":%s}`,
			email, document, document)
		id := w.made(body)
		login := fmt.Sprintf(`{"email":%q,"password":"a good password"}`, email)
		claims := w.claims(w.must(200, w.do("POST /token?grant_type=password", "", login)).str("access_token"))
		if claims["user_metadata"] == nil || claims["app_metadata"] == nil || len(claims["permissions"].([]any)) != 32 {
			t.Errorf("claims %v", claims)
		}
		// Metadata beyond that stay where they are.
		w.must(200, w.admin("PUT /admin/users/"+id, fmt.Sprintf(`{"user_metadata":{"b":%q}}`, strings.Repeat("y", 4000))))
		in := w.must(200, w.do("POST /token?grant_type=password", "", login)).str("access_token")
		if claims := w.claims(in); claims["user_metadata"] != nil {
			t.Error("the token has all of the metadata")
		}
		if me := w.must(200, w.do("GET /user", in, "")); len(me.body["user_metadata"].(map[string]any)["b"].(string)) != 4000 {
			t.Errorf("the user has %s", me.text)
		}
	})
}
