package accounts_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
)

var publishableKey = auth.NewPublishableKey()

// keyed gives accounts the keys of client libraries.
func keyed(c *accounts.Config) {
	c.Anonymous = true
	c.Keys = auth.Keys{Publishable: []string{publishableKey}, Secret: []string{secretKey}}
}

// admin sends a request with a secret key.
func (w *world) admin(line, body string) *answer { return w.with(secretKey, "", line, body) }

// with sends a request with a key and a token.
func (w *world) with(key, token, line, body string) *answer {
	w.t.Helper()
	r := w.request(line, token, body)
	if key != "" {
		r.Header.Set("apikey", key)
	}
	return w.send(r)
}

// made makes a user by an admin and returns their id.
func (w *world) made(body string) string {
	w.t.Helper()
	return w.must(200, w.admin("POST /admin/users", body)).str("id")
}

// person makes a user with an address, a password and roles, and logs in.
func (w *world) person(name string, roles ...string) (id, token string) {
	w.t.Helper()
	listed, _ := json.Marshal(append([]string{}, roles...))
	id = w.made(fmt.Sprintf(`{"email":"%s@example.org","password":"a good password","email_confirm":true,"roles":%s}`, name, listed))
	return id, w.in(name).str("access_token")
}

// in logs somebody in.
func (w *world) in(name string) *answer {
	w.t.Helper()
	return w.must(200, w.do("POST /token?grant_type=password", "", fmt.Sprintf(`{"email":"%s@example.org","password":"a good password"}`, name)))
}

// role makes a role.
func (w *world) role(name string, permissions ...string) {
	w.t.Helper()
	if err := w.a.SaveRole(w.t.Context(), accounts.Role{Name: name, Permissions: permissions}); err != nil {
		w.t.Fatal(err)
	}
}

// events are the kinds of a user's events, the oldest first.
func (w *world) events(id string) []string {
	w.t.Helper()
	var kinds []string
	for _, e := range w.must(200, w.admin("GET /admin/audit?user_id="+id, "")).body["events"].([]any) {
		kinds = append(kinds, e.(map[string]any)["kind"].(string))
	}
	slices.Reverse(kinds)
	return kinds
}

func TestAdminCreatesUsers(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		id := store.NewID().String()
		got := w.must(200, w.admin("POST /admin/users", fmt.Sprintf(`{"id":%q,"email":" Ann@Example.org","phone":"+49 151 1234567","password":"a good password",
			"email_confirm":true,"user_metadata":{"name":"Ann","n":12345678901234567890},"app_metadata":{"plan":"pro"},"role":"editor"}`, id)))
		if got.str("id") != id || got.str("email") != "ann@example.org" || got.str("phone") != "491511234567" || got.str("role") != "editor" {
			t.Errorf("made %s", got.text)
		}
		if got.body["email_confirmed_at"] == nil || got.body["phone_confirmed_at"] != nil {
			t.Errorf("confirmed: %s", got.text)
		}
		if app := got.body["app_metadata"].(map[string]any); app["plan"] != "pro" || app["provider"] != "email" || fmt.Sprint(app["providers"]) != "[email phone]" {
			t.Errorf("app_metadata %v", app)
		}
		if !strings.Contains(got.text, "12345678901234567890") {
			t.Errorf("user_metadata %s", got.text)
		}
		if list := got.body["identities"].([]any); len(list) != 2 || list[0].(map[string]any)["provider"] == list[1].(map[string]any)["provider"] {
			t.Errorf("identities %v", list)
		}
		if claims := w.claims(w.in("ann").str("access_token")); claims["role"] != "editor" {
			t.Errorf("claims %v", claims)
		}
		// A hash of bcrypt, made elsewhere, of "a good password".
		w.must(200, w.admin("POST /admin/users", `{"email":"bob@example.org","email_confirm":true,"password_hash":"`+bcryptHash+`"}`))
		w.in("bob")
		for body, want := range map[string]string{
			`{}`:                            "400 validation_failed",
			`{"email":"ann@example.org"}`:   "422 email_exists",
			`{"phone":"00491511234567"}`:    "400 validation_failed",
			`{"phone":"(49) 151-123 4567"}`: "422 phone_exists",
			`{"email":"c@example.org","id":"` + id + `"}`: "422 user_already_exists",
			`{"email":"no address"}`:                      "400 validation_failed",
			`{"email":["c@example.org"]}`:                 "400 validation_failed",
			`{"email":"c@example.org","password":"x"}`:    "422 weak_password",
			`{"email":"c@example.org","password":1}`:      "400 validation_failed",
			`{"email":"c@example.org","password":"a good password","password_hash":"` + bcryptHash + `"}`: "400 validation_failed",
			`{"email":"c@example.org","password_hash":"plain"}`:                                           "400 validation_failed",
			`{"email":"c@example.org","email_confirm":"yes"}`:                                             "400 validation_failed",
			`{"email":"c@example.org","user_metadata":[]}`:                                                "400 validation_failed",
			`{"email":"c@example.org","app_metadata":"x"}`:                                                "400 validation_failed",
			`{"email":"c@example.org","user_metadata":{"x":"` + strings.Repeat("x", 33<<10) + `"}}`:       "400 validation_failed",
			`{"email":"c@example.org","ban_duration":"forever"}`:                                          "400 validation_failed",
			`{"email":"c@example.org","ban_duration":"-1h"}`:                                              "400 validation_failed",
			`{"email":"c@example.org","id":"7"}`:                                                          "400 validation_failed",
			`{"email":"c@example.org","id":"00000000-0000-0000-0000-000000000000"}`:                       "400 validation_failed",
			`{"email":"c@example.org","role":"no such name!"}`:                                            "400 validation_failed",
			`{"email":"c@example.org","roles":"editor"}`:                                                  "400 validation_failed",
			`{"email":"c@example.org","roles":[null]}`:                                                    "400 validation_failed",
			`{"email":"c@example.org","roles":["nobody"]}`:                                                "400 validation_failed",
			`{"email":"c@example.org"`:                                                                    "400 bad_json",
			`["c@example.org"]`:                                                                           "400 bad_json",
			`{"email":"c@example.org","user_metadata":{"x":"` + strings.Repeat("x", 65<<10) + `"}}`:       "413 validation_failed",
		} {
			if got := w.admin("POST /admin/users", body); fmt.Sprintf("%d %s", got.status, got.code()) != want {
				t.Errorf("%.100s: %d %s", body, got.status, got.text)
			}
		}
		if n := w.must(200, w.admin("GET /admin/users", "")).header.Get("X-Total-Count"); n != "2" {
			t.Errorf("%s users", n)
		}
	})
}

// bcryptHash is the hash of "a good password", with the lowest cost.
const bcryptHash = "$2a$04$2supRvzBun.7YsTdsz0AQ.4S5/3/WfMZ2S.Qnkb29ASZ/9Nm/mCte"

// TestAdminListsUsers: pages of users are in the form that existing clients read.
func TestAdminListsUsers(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		for i := range 7 {
			w.made(fmt.Sprintf(`{"email":"user_%d@example.org"}`, i))
			w.advance(time.Second)
		}
		w.made(`{"email":"userx3@other.example"}`)
		names := func(a *answer) (out []string) {
			for _, u := range a.body["users"].([]any) {
				name, _, _ := strings.Cut(u.(map[string]any)["email"].(string), "@")
				out = append(out, name)
			}
			return out
		}
		for target, want := range map[string]string{
			"?page=&per_page=":               "userx3 user_6 user_5 user_4 user_3 user_2 user_1 user_0",
			"?page=1&per_page=3":             "userx3 user_6 user_5",
			"?page=3&per_page=3":             "user_1 user_0",
			"?page=9&per_page=3":             "",
			"?filter=USER_":                  "user_6 user_5 user_4 user_3 user_2 user_1 user_0",
			"?filter=user_3":                 "user_3",
			"?filter=%25":                    "",
			"?filter=%5C":                    "",
			"?per_page=2&filter=example.org": "user_6 user_5",
		} {
			got := w.must(200, w.admin("GET /admin/users"+target, ""))
			if have := strings.Join(names(got), " "); have != want || got.str("aud") != "authenticated" {
				t.Errorf("%s: %q, want %q", target, have, want)
			}
		}
		got := w.must(200, w.admin("GET /admin/users?page=1&per_page=3&filter=a%2Cb%3D%3Cuser", ""))
		if got.header.Get("X-Total-Count") != "0" || strings.Count(got.header.Get("Link"), ",") != 0 {
			t.Errorf("nobody: %v", got.header)
		}
		got = w.must(200, w.admin("GET /admin/users?page=2&per_page=2&filter=user_", ""))
		want := `<https://example.test/auth/v1/admin/users?page=3&per_page=2&filter=user_>; rel="next", ` +
			`<https://example.test/auth/v1/admin/users?page=4&per_page=2&filter=user_>; rel="last"`
		if got.header.Get("Link") != want || got.header.Get("X-Total-Count") != "7" {
			t.Errorf("headers %v", got.header)
		}
		// What supabase-js does with it.
		for _, link := range strings.Split(got.header.Get("Link"), ",") {
			parts := strings.Split(link, ";")
			if digit := strings.Split(parts[0], "=")[1][:1]; !strings.Contains("34", digit) {
				t.Errorf("the page of %s is %s", link, digit)
			}
		}
		for _, target := range []string{"page=0", "page=-1", "page=x", "page=1000001", "per_page=0", "per_page=1001", "per_page=1e2", "filter=" + strings.Repeat("x", 255)} {
			w.refused(400, "validation_failed", w.admin("GET /admin/users?"+target, ""))
		}
	})
}

// alive reports whether the access token and the session of a login hold.
func (w *world) alive(in *answer) (token, session bool) {
	w.t.Helper()
	_, err := w.a.Verify(w.t.Context(), in.str("access_token"))
	return err == nil, w.do(refreshLine, "", refreshBody(in.str("refresh_token"))).status == 200
}

// TestAdminChangesUsers: each change of an admin ends the sessions that it should end.
func TestAdminChangesUsers(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		w.role("writer", "notes.write")
		id, _ := w.person("ann")
		w.made(`{"email":"taken@example.org","phone":"+491511234567"}`)
		login := `{"email":"ann@example.org","password":"a good password"}`
		for _, tt := range []struct {
			body           string
			token, session bool   // that live on
			login          string // from then on, where it changes
		}{
			{`{}`, true, true, ""},
			{`{"user_metadata":{"a":1,"b":{"c":2}}}`, true, true, ""},
			{`{"user_metadata":{"a":null,"d":3}}`, true, true, ""},
			{`{"app_metadata":{"plan":"pro"}}`, false, true, ""},
			{`{"role":"editor"}`, false, true, ""},
			{`{"roles":["writer"]}`, false, true, ""},
			{`{"roles":["writer"],"role":"editor","ban_duration":"none","app_metadata":{"plan":"pro"}}`, true, true, ""},
			{`{"password":"another good one"}`, false, false, `{"email":"ann@example.org","password":"another good one"}`},
			{`{"password_hash":"` + bcryptHash + `"}`, false, false, `{"email":"ann@example.org","password":"a good password"}`},
			{`{"phone":"+4930123456"}`, false, false, ""},
			{`{"email":"bea@example.org"}`, false, false, `{"email":"bea@example.org","password":"a good password"}`},
			{`{"roles":[]}`, false, true, ""},
			{`{"ban_duration":"1h"}`, false, false, ""},
		} {
			in := w.must(200, w.do("POST /token?grant_type=password", "", login))
			got := w.must(200, w.admin("PUT /admin/users/"+id, tt.body))
			if token, session := w.alive(in); token != tt.token || session != tt.session {
				t.Errorf("%s: token lives %v, session %v", tt.body, token, session)
			}
			if got.str("id") != id || strings.Contains(got.text, "bcrypt") || strings.Contains(got.text, "$2a$") {
				t.Errorf("%s: %s", tt.body, got.text)
			}
			if tt.login != "" {
				login = tt.login
			}
		}
		got := w.must(200, w.admin("GET /admin/users/"+id, ""))
		if fmt.Sprint(got.body["user_metadata"]) != "map[b:map[c:2] d:3]" || got.str("role") != "editor" || got.str("email") != "bea@example.org" {
			t.Errorf("in the end %s", got.text)
		}
		if app := got.body["app_metadata"].(map[string]any); app["plan"] != "pro" || app["provider"] != "email" || fmt.Sprint(app["providers"]) != "[email phone]" {
			t.Errorf("app_metadata %v", app)
		}
		for _, i := range got.body["identities"].([]any) {
			data := i.(map[string]any)["identity_data"].(map[string]any)
			if email := data["email"]; email != nil && email != "bea@example.org" {
				t.Errorf("identity %v", data)
			}
		}
		for body, want := range map[string]string{
			`{"email":"taken@example.org"}`: "422 email_exists", `{"phone":"+49 1511234567"}`: "422 phone_exists", `{"password":"x"}`: "422 weak_password",
			`{"id":"` + store.NewID().String() + `"}`: "400 validation_failed", `{"roles":["nobody"]}`: "400 validation_failed", `{"email":1}`: "400 validation_failed",
			`{"user_metadata":{"x":"` + strings.Repeat("x", 33<<10) + `"}}`: "400 validation_failed",
		} {
			if got := w.admin("PUT /admin/users/"+id, body); fmt.Sprintf("%d %s", got.status, got.code()) != want {
				t.Errorf("%.60s: %s", body, got.text)
			}
		}
		w.refused(404, "user_not_found", w.admin("PUT /admin/users/"+store.NewID().String(), `{}`))
		w.refused(404, "not_found", w.admin("PUT /admin/users/7", `{}`))
	})
}

// TestAdminChangeNotices: the owner is notified of each of several changes at once, at the
// e-mail address before them.
func TestAdminChangeNotices(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		for i := range 3 {
			old := fmt.Sprintf("old%d@example.org", i)
			id := w.made(fmt.Sprintf(`{"email":%q,"email_confirm":true}`, old))
			w.must(200, w.admin("PUT /admin/users/"+id, fmt.Sprintf(`{"email":"new%d@example.org","phone":"+493012345%02d","password":"a good password"}`, i, i)))
			var told []string
			for _, m := range w.mails() {
				if m.template != accounts.MailNotice || m.to != old {
					t.Errorf("%s to %s", m.template, m.to)
				}
				told = append(told, m.values["change"])
			}
			slices.Sort(told) // jobs run side by side
			if !slices.Equal(told, []string{"email", "password", "phone"}) {
				t.Fatalf("told of %q", told)
			}
		}
	})
}

// TestBan: a ban ends sessions and tokens, blocks every way to log in, and expires.
func TestBan(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		id, _ := w.person("ann")
		in := w.in("ann")
		if got := w.must(200, w.admin("PUT /admin/users/"+id, `{"ban_duration":"24h"}`)); got.str("banned_until") != "2026-01-03T03:04:05Z" {
			t.Errorf("banned until %s", got.str("banned_until"))
		}
		if token, session := w.alive(in); token || session {
			t.Errorf("token lives %v, session %v", token, session)
		}
		w.refused(400, "user_banned", w.do("POST /token?grant_type=password", "", ann))
		w.refused(400, "invalid_credentials", w.do("POST /token?grant_type=password", "", strings.Replace(ann, "good", "bad", 1)))
		w.advance(23 * time.Hour)
		w.refused(400, "user_banned", w.do("POST /token?grant_type=password", "", ann))
		w.advance(time.Hour)
		in = w.in("ann")
		if err := w.a.Ban(t.Context(), mustID(t, id), 876000*time.Hour); err != nil {
			t.Fatal(err)
		}
		if token, session := w.alive(in); token || session {
			t.Errorf("for good: token lives %v, session %v", token, session)
		}
		if got := w.must(200, w.admin("PUT /admin/users/"+id, `{"ban_duration":"none"}`)); got.body["banned_until"] != nil {
			t.Errorf("still banned: %s", got.text)
		}
		w.in("ann")
		if err := w.a.Ban(t.Context(), mustID(t, id), -time.Hour); err == nil {
			t.Error("a negative ban")
		}
	})
}

func mustID(t *testing.T, text string) store.ID {
	t.Helper()
	id, err := store.ParseID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestAdminDeletesUsers: a deletion leaves the audit log only, or with a soft deletion an
// empty row. In both cases the address is free and all sessions have ended.
func TestAdminDeletesUsers(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		w.role("writer", "notes.write")
		for _, tt := range []struct {
			body string
			kept bool
		}{{"", false}, {`{"should_soft_delete":true}`, true}, {`{"should_soft_delete":false}`, false}} {
			id, token := w.person("ann", "writer")
			w.enroll(token, "phone")
			in := w.in("ann")
			w.refused(400, "validation_failed", w.admin("DELETE /admin/users/"+id, `{"should_soft_delete":"yes"}`))
			if got := w.must(200, w.admin("DELETE /admin/users/"+id, tt.body)); got.text != "{}" {
				t.Errorf("answer %s", got.text)
			}
			if token, session := w.alive(in); token || session {
				t.Errorf("token lives %v, session %v", token, session)
			}
			w.refused(400, "invalid_credentials", w.do("POST /token?grant_type=password", "", ann))
			got := w.admin("GET /admin/users/"+id, "")
			if tt.kept {
				if got.status != 200 || got.body["deleted_at"] == nil || got.str("email") != "" || fmt.Sprint(got.body["user_metadata"], got.body["identities"]) != "map[] []" {
					t.Errorf("kept %d %s", got.status, got.text)
				}
				w.must(200, w.admin("DELETE /admin/users/"+id, tt.body))
				w.refused(404, "user_not_found", w.admin("PUT /admin/users/"+id, `{"email":"x@example.org"}`))
				w.refused(400, "validation_failed", w.admin("PUT /admin/users/"+id+"/roles", `{"roles":["writer"]}`))
			} else {
				w.refused(404, "user_not_found", got)
				w.refused(404, "user_not_found", w.admin("DELETE /admin/users/"+id, ""))
			}
			w.nothingOf(id, tt.kept)
			if kinds := w.events(id); !slices.Contains(kinds, "user_deleted") {
				t.Errorf("events %v", kinds)
			}
		}
	})
}

// nothingOf looks into every table for rows of a user.
func (w *world) nothingOf(id string, kept bool) {
	w.t.Helper()
	looked := 0
	for _, table := range w.db.Tables() {
		column := "user_id"
		if table.Name == "auth_users" {
			column = "id"
		}
		if table.Column(column) == nil || table.Name == "auth_events" || table.Name == "auth_revocations" || kept && column == "id" {
			continue
		}
		looked++
		n, err := w.db.Bun().NewSelect().Table(table.Name).Where("? = ?", bun.Ident(column), id).Count(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if n > 0 {
			w.t.Errorf("%d rows of %s are left", n, table.Name)
		}
	}
	if looked < 4 {
		w.t.Errorf("%d tables of users", looked)
	}
}

// TestAdminEndsSessions: an admin ends the sessions of one user and of no other.
func TestAdminEndsSessions(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		id, _ := w.person("ann")
		w.person("bob")
		one, two, bob := w.in("ann"), w.in("ann"), w.in("bob")
		w.must(http.StatusNoContent, w.admin("POST /admin/users/"+id+"/logout", ""))
		for _, in := range []*answer{one, two} {
			if token, session := w.alive(in); token || session {
				t.Errorf("token lives %v, session %v", token, session)
			}
		}
		if token, session := w.alive(bob); !token || !session {
			t.Error("another user is out")
		}
		// What supabase-js calls admin.signOut: the secret key beside a user's token.
		in := w.in("ann")
		w.must(http.StatusNoContent, w.with(secretKey, in.str("access_token"), "POST /logout?scope=global", ""))
		if token, session := w.alive(in); token || session {
			t.Errorf("signed out: token lives %v, session %v", token, session)
		}
	})
}

// TestAdminFactors: an admin lists and removes second factors, and sessions that used them
// end.
func TestAdminFactors(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		in, app := w.withApp()
		id := w.claims(in.str("access_token"))["sub"].(string)
		list := w.must(200, w.admin("GET /admin/users/"+id+"/factors", ""))
		if !strings.HasPrefix(list.text, "[{") || !strings.Contains(list.text, app.id) || strings.Contains(list.text, "secret") {
			t.Errorf("factors %s", list.text)
		}
		if got := w.must(200, w.admin("GET /admin/users", "")); !strings.Contains(got.text, app.id) {
			t.Errorf("users %s", got.text)
		}
		other, _ := w.person("bob")
		w.refused(404, "mfa_factor_not_found", w.admin("DELETE /admin/users/"+other+"/factors/"+app.id, ""))
		w.refused(404, "mfa_factor_not_found", w.admin("DELETE /admin/users/"+id+"/factors/x", ""))
		if got := w.must(200, w.admin("DELETE /admin/users/"+id+"/factors/"+app.id, "")); got.str("id") != app.id {
			t.Errorf("deleted %s", got.text)
		}
		if token, session := w.alive(in); token || session {
			t.Errorf("token lives %v, session %v", token, session)
		}
		if got := w.must(200, w.admin("GET /admin/users/"+id+"/factors", "")); got.text != "[]" {
			t.Errorf("left: %s", got.text)
		}
	})
}

// TestAudit: the audit log is listed page by page, newest first, with its actors and
// without secrets.
func TestAudit(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		id, _ := w.person("ann")
		w.must(200, w.admin("PUT /admin/users/"+id, `{"password":"another good one","ban_duration":"1h"}`))
		w.person("bob")
		if kinds := w.events(id); !slices.Equal(kinds, []string{"signed_up", "signed_in", "session_ended", "user_changed"}) {
			t.Errorf("events %v", kinds)
		}
		all := w.must(200, w.admin("GET /admin/audit", ""))
		for _, secret := range []string{"good", "$argon2id$", "eyJ", secretKey, "ann@example.org"} {
			if strings.Contains(all.text, secret) {
				t.Errorf("%q stands in %s", secret, all.text)
			}
		}
		last := w.must(200, w.admin("GET /admin/audit?kind=user_changed", "")).body["events"].([]any)
		if len(last) != 1 {
			t.Fatalf("%d changes", len(last))
		}
		e := last[0].(map[string]any)
		if !strings.HasPrefix(e["actor"].(string), "service secret-key-") || e["address"] != "192.0.2.1" || e["user_id"] != id ||
			fmt.Sprint(e["details"]) != "map[changed:[ban password]]" {
			t.Errorf("event %v", e)
		}
		var paged []any
		for target := "GET /admin/audit?per_page=2"; target != ""; {
			got := w.must(200, w.admin(target, ""))
			paged = append(paged, got.body["events"].([]any)...)
			link := got.header.Get("Link")
			target = ""
			if link != "" {
				target = "GET " + strings.TrimSuffix(strings.TrimPrefix(link, "<https://example.test/auth/v1"), `>; rel="next"`)
			}
		}
		if fmt.Sprint(paged) != fmt.Sprint(all.body["events"]) || len(paged) != 6 {
			t.Errorf("%d events in pages, %d in one", len(paged), len(all.body["events"].([]any)))
		}
		for _, target := range []string{"user_id=7", "before=x", "per_page=0", "kind=" + strings.Repeat("x", 65)} {
			w.refused(400, "validation_failed", w.admin("GET /admin/audit?"+target, ""))
		}
	})
}
