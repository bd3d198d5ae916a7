package accounts_test

import (
	"errors"
	"regexp"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
)

// TestVerifiers: tokens of other issuers authenticate a caller who is never a user of these
// accounts, and the routes of accounts reject them.
func TestVerifiers(t *testing.T) {
	staff, bare := authtest.NewProvider(t), authtest.NewProvider(t)
	verifier := func(name string, p *authtest.Provider) auth.Verifier {
		v, err := oidc.NewVerifier(oidc.VerifierConfig{InsecureLoopback: true, Issuers: []oidc.Issuer{
			{Name: name, Issuer: p.Issuer(), Audience: "api", TrustRoles: true},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	verifiers := []auth.Verifier{verifier("staff", staff), verifier("", bare)}
	engines(t, func(c *accounts.Config) { c.Verifiers = verifiers }, func(t *testing.T, w *world) {
		up := w.must(200, w.do("POST /signup", "", ann))
		id := userOf(up)["id"]
		session := w.claims(up.str("access_token"))["session_id"]
		caller := func(token string) (auth.Principal, error) {
			return auth.Authenticate(w.a.Authenticator(), w.request("GET /notes", token, ""))
		}
		if p, err := caller(up.str("access_token")); err != nil || p.ID != id {
			t.Errorf("a user of ours: %v %v", p, err)
		}
		more := func(sub any) map[string]any {
			return map[string]any{"aud": "api", "sub": sub, "session_id": session, "roles": []string{"accounts.admin"}, "permissions": []string{accounts.PermissionAdmin}}
		}
		if p, err := caller(staff.AccessToken(more(id))); err != nil || p.ID != "staff:"+id.(string) || p.Session != "" || p.Issuer != staff.Issuer() {
			t.Errorf("of staff: %v %v", p, err)
		}
		if p, err := caller(bare.AccessToken(more("grace"))); err != nil || p.ID != "grace" || p.Session != "" {
			t.Errorf("of the other: %v %v", p, err)
		}
		for name, token := range map[string]string{
			"an id of ours":         bare.AccessToken(more(id)),
			"an id like ours":       bare.AccessToken(more("0192f0c1-2345-7abc-8def-0123456789ab")),
			"of another audience":   staff.AccessToken(map[string]any{"aud": "authenticated"}),
			"in the name of ours":   staff.AccessToken(map[string]any{"aud": "authenticated", "iss": publicURL, "sub": id, "session_id": session}),
			"that is no token":      "x",
			"an ID token of theirs": staff.IDToken(more("grace")),
		} {
			if p, err := caller(token); !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("%s: %v %v", name, p, err)
			}
		}
		asked := 0
		params := regexp.MustCompile(`\{\w+\}`)
		for _, rt := range accounts.Routes() {
			line := rt[0] + " /" + params.ReplaceAllString(rt[1], "0192f0c1-2345-7abc-8def-0123456789ab")
			if w.do(line, "", "{}").status != 401 {
				continue // it asks nobody who they are
			}
			asked++
			for _, token := range []string{staff.AccessToken(more("grace")), bare.AccessToken(more("grace")), bare.AccessToken(more(id))} {
				if got := w.do(line, token, "{}"); got.status != 401 {
					t.Errorf("%s takes a token of another issuer: %d %s", line, got.status, got.text)
				}
			}
		}
		if asked < 10 {
			t.Errorf("%d routes ask who calls", asked)
		}
	})
}

// TestLinkAAL2: a user with a second factor needs it to link or unlink an identity.
// Otherwise somebody with the password could add a permanent way in.
func TestLinkAAL2(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		high, _ := w.withApp()
		low := w.login()
		id := userOf(low)["identities"].([]any)[0].(map[string]any)["identity_id"].(string)
		for _, line := range []string{"GET /user/identities/authorize?provider=trusted" + pkce + challengeOf(testVerifier), "DELETE /user/identities/" + id} {
			if got := w.do(line, low.str("access_token"), ""); got.status != 401 || got.code() != "insufficient_aal" {
				t.Errorf("%s: %d %s", line, got.status, got.text)
			}
		}
		w.must(200, w.linkURL(high.str("access_token"), "trusted", pkce+challengeOf(testVerifier)))
	})
}
