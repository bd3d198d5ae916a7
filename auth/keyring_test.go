package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
)

const (
	publicOne = "sb_publishable_k3j5h2g8f4d6s1a9q7w0e5"
	publicTwo = "sb_publishable_z3x5c2v8b4n6m1a9q7w0e5"
	secretOne = "sb_secret_p3o5i2u8y4t6r1e9w7q0a5"
	secretTwo = "sb_secret_l3k5j2h8g4f6d1s9a7p0o5"
	strange   = "sb_secret_m3n5b2v8c4x6z1l9k7j0h5"
)

func ring(t *testing.T) *auth.Keyring {
	t.Helper()
	keys, err := auth.NewKeyring(auth.Keys{
		Publishable: []string{publicOne, publicTwo},
		Secret:      []string{secretOne, secretTwo},
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestKeyringAuthenticator(t *testing.T) {
	t.Parallel()

	const apikey, bearer, cookie = "apikey", "Authorization", "Cookie"
	tests := []struct {
		name    string
		headers []string
		kind    auth.Kind
		id      string // only looked at for users
		err     error
	}{
		{"Nothing", nil, auth.Anonymous, "", nil},
		{"Publishable", []string{apikey, publicOne}, auth.Anonymous, "", nil},
		{"PublishableRotated", []string{apikey, publicTwo}, auth.Anonymous, "", nil},
		{"Secret", []string{apikey, secretOne}, auth.Service, "", nil},
		{"SecretRotated", []string{apikey, secretTwo}, auth.Service, "", nil},
		{"SecretAsBearer", []string{bearer, "Bearer " + secretOne}, auth.Service, "", nil},
		{"PublishableAsBearer", []string{bearer, "Bearer " + publicOne}, auth.Anonymous, "", nil},
		{"LoggedOutClient", []string{apikey, publicOne, bearer, "Bearer " + publicOne}, auth.Anonymous, "", nil},
		{"LoggedInClient", []string{apikey, publicOne, bearer, "Bearer ada"}, auth.User, "ada", nil},
		{"UserWithoutKey", []string{bearer, "Bearer ada"}, auth.User, "ada", nil},
		{"UserOutranksSecret", []string{apikey, secretOne, bearer, "Bearer ada"}, auth.User, "ada", nil},
		{"CookieUserWithKey", []string{apikey, publicOne, cookie, "s=ada"}, auth.User, "ada", nil},
		{"BadTokenWithSecret", []string{apikey, secretOne, bearer, "Bearer eve"}, 0, "", auth.ErrInvalid},
		{"ExpiredTokenWithKey", []string{apikey, publicOne, bearer, "Bearer old"}, 0, "", auth.ErrExpired},
		{"NoVerdictWithKey", []string{apikey, publicOne, bearer, "Bearer down"}, 0, "", auth.ErrUnavailable},
		{"BearerKeyCounts", []string{apikey, secretOne, bearer, "Bearer " + publicOne}, auth.Anonymous, "", nil},
		{"UnknownKey", []string{apikey, strange}, 0, "", auth.ErrInvalid},
		{"UnknownKeyAsBearer", []string{bearer, "Bearer " + strange}, 0, "", auth.ErrInvalid},
		{"UnknownKeyWithUser", []string{apikey, strange, bearer, "Bearer ada"}, 0, "", auth.ErrInvalid},
		{"PrefixOfAKey", []string{apikey, secretOne[:len(secretOne)-1]}, 0, "", auth.ErrInvalid},
		{"KeyWithMore", []string{apikey, secretOne + "x"}, 0, "", auth.ErrInvalid},
		{"OtherCase", []string{apikey, "SB_SECRET_p3o5i2u8y4t6r1e9w7q0a5"}, 0, "", auth.ErrInvalid},
		{"EmptyKey", []string{apikey, ""}, 0, "", auth.ErrInvalid},
		{"TokenAsKey", []string{apikey, "ada"}, 0, "", auth.ErrInvalid},
		{"TwoKeys", []string{apikey, publicOne, apikey, secretOne}, 0, "", auth.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			a := ring(t).Authenticator(auth.Chain(auth.Bearer(tokens), auth.Cookie("s", tokens, nil)))
			p, err := a.Authenticate(get(tt.headers...))
			if !errors.Is(err, tt.err) || (tt.err == nil) != (err == nil) {
				t.Fatalf("error is %v, want %v", err, tt.err)
			}
			if p.Kind != tt.kind {
				t.Errorf("kind is %v, want %v", p.Kind, tt.kind)
			}
			if p.Kind == auth.User && p.ID != tt.id {
				t.Errorf("user is %q, want %q", p.ID, tt.id)
			}
		})
	}
}

func TestKeysNeverReachWhatParsesTokens(t *testing.T) {
	t.Parallel()

	never := auth.VerifierFunc(func(_ context.Context, token string) (auth.Principal, error) {
		t.Errorf("the Verifier was asked about %q", token)
		return auth.Principal{}, nil
	})
	a := ring(t).Authenticator(auth.Bearer(never))
	for _, key := range []string{publicOne, secretOne, strange} {
		_, _ = a.Authenticate(get("apikey", key, "Authorization", "Bearer "+key))
	}
}

func TestSecretKeyOfABrowser(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name    string
		headers []string
		browser bool
	}{
		{"Go", []string{"User-Agent", "Go-http-client/2.0"}, false},
		{"Curl", []string{"User-Agent", "curl/8.5.0", "Accept", "*/*"}, false},
		{"NodeFetch", []string{"User-Agent", "node", "Sec-Fetch-Mode", "cors", "Accept-Language", "*"}, false},
		{"Page", []string{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"}, true},
		{"PageOnHTTPS", []string{"Sec-Fetch-Site", "same-origin"}, true},
		{"PageLoad", []string{"Sec-Fetch-Dest", "document"}, true},
		{"PageOfAnotherOrigin", []string{"Origin", "https://app.example"}, true},
		{"PageInASandbox", []string{"Origin", "null"}, true},
	}
	a := func(t *testing.T) auth.Authenticator { return ring(t).Authenticator(auth.Bearer(tokens)) }
	check := func(t *testing.T, r *http.Request, refused bool) {
		t.Helper()
		if _, err := a(t).Authenticate(r); errors.Is(err, auth.ErrInvalid) != refused {
			t.Errorf("error is %v, want refused %v", err, refused)
		}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			with := func(more ...string) *http.Request { return get(append(more, tt.headers...)...) }
			check(t, with("apikey", secretOne), tt.browser)
			check(t, with("Authorization", "Bearer "+secretOne), tt.browser)
			check(t, with("apikey", publicOne, "Authorization", "Bearer "+secretOne), tt.browser)
			check(t, with("apikey", secretOne, "Authorization", "Bearer ada"), tt.browser)
			check(t, with("apikey", publicOne, "Authorization", "Bearer ada"), false)
		})
	}
}

func TestKeyringVerify(t *testing.T) {
	t.Parallel()

	keys := ring(t)
	one, err := keys.Verify(t.Context(), secretOne)
	if err != nil || one.Kind != auth.Service {
		t.Fatalf("secret key is %v, %v", one, err)
	}
	two, err := keys.Verify(t.Context(), secretTwo)
	if err != nil || two.ID == one.ID || two.ID == "" {
		t.Errorf("two keys have the IDs %q and %q, %v", one.ID, two.ID, err)
	}
	if p, err := keys.Verify(t.Context(), publicOne); err != nil || p.Kind != auth.Anonymous {
		t.Errorf("publishable key is %v, %v", p, err)
	}
	if _, err := keys.Verify(t.Context(), ""); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("empty key: %v", err)
	}
}

func TestKeyringWithoutKeysRecognisesNone(t *testing.T) {
	t.Parallel()

	keys, err := auth.NewKeyring(auth.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	a := keys.Authenticator(auth.Bearer(tokens))
	expect(t, a, get("apikey", secretOne), "", auth.ErrInvalid)
	expect(t, a, get("Authorization", "Bearer ada"), "ada", nil)
}

func BenchmarkKeyring(b *testing.B) {
	keys, err := auth.NewKeyring(auth.Keys{Publishable: []string{publicOne, publicTwo}, Secret: []string{secretOne}})
	if err != nil {
		b.Fatal(err)
	}
	a := keys.Authenticator(auth.Bearer(tokens))
	r := get("apikey", publicOne, "Authorization", "Bearer ada")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Authenticate(r); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzKeyring: nobody is a service who has not sent a secret key, whole and alone,
// whatever else they send.
func FuzzKeyring(f *testing.F) {
	for _, key := range []string{"", publicOne, secretOne, strange, secretOne + " ", secretOne[:len(secretOne)-1], "Bearer " + secretOne, strings.ToUpper(secretOne), secretOne + "," + publicOne} {
		f.Add(key, "", key)
		f.Add("", key, publicOne)
	}
	keys, err := auth.NewKeyring(auth.Keys{Publishable: []string{publicOne}, Secret: []string{secretOne}})
	if err != nil {
		f.Fatal(err)
	}
	who := keys.Authenticator(auth.Chain())
	f.Fuzz(func(t *testing.T, one, two, authorization string) {
		r := &http.Request{Method: http.MethodPost, Header: http.Header{"Apikey": {one, two}, "Authorization": {authorization}}}
		p, err := who.Authenticate(r)
		sent := one == secretOne || two == secretOne || strings.Contains(authorization, secretOne)
		if p.Kind != auth.Anonymous && (p.Kind != auth.Service || !sent) {
			t.Errorf("%q: %v, %v", r.Header, p, err)
		}
	})
}

// TestKeyringOfJWTs: keys of a hosted Supabase are recognised in both headers and not
// parsed as tokens. Other JWTs are.
func TestKeyringOfJWTs(t *testing.T) {
	t.Parallel()
	anon, service := jwtKey("anon", 32), jwtKey("service_role", 32)
	keys, err := auth.NewKeyring(auth.Keys{Publishable: []string{publicOne, anon}, Secret: []string{service}})
	if err != nil {
		t.Fatal(err)
	}
	parsed := ""
	who := keys.Authenticator(auth.Bearer(auth.VerifierFunc(func(_ context.Context, token string) (auth.Principal, error) {
		parsed = token
		return auth.Principal{Kind: auth.User, ID: "ada"}, nil
	})))
	user := jwtKey("authenticated", 32)
	for _, tt := range []struct {
		name, apikey, bearer string
		kind                 auth.Kind
		parsed               string
		err                  error
	}{
		{"LoggedOutClient", anon, anon, auth.Anonymous, "", nil},
		{"LoggedInClient", anon, user, auth.User, user, nil},
		{"Server", service, service, auth.Service, "", nil},
		{"KeyAsBearer", "", service, auth.Service, "", nil},
		{"PublicKeyAsBearer", "", anon, auth.Anonymous, "", nil},
		{"OldKeyBesideNew", publicOne, anon, auth.Anonymous, "", nil},
		{"ServerWithPublicKey", anon, service, auth.Service, "", nil},
		{"UnknownJWTAsKey", user, "", 0, "", auth.ErrInvalid},
		{"OtherSignature", jwtKey("service_role", 33), "", 0, "", auth.ErrInvalid},
	} {
		parsed = ""
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if tt.apikey != "" {
			r.Header.Set("apikey", tt.apikey)
		}
		if tt.bearer != "" {
			r.Header.Set("Authorization", "Bearer "+tt.bearer)
		}
		p, err := who.Authenticate(r)
		if !errors.Is(err, tt.err) || p.Kind != tt.kind || parsed != tt.parsed {
			t.Errorf("%s: %v, %v, parsed %q", tt.name, p, err, parsed)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("apikey", service)
	r.Header.Set("Origin", "https://notes.example")
	if _, err := who.Authenticate(r); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("a secret key in a browser: %v", err)
	}
}
