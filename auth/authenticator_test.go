package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
)

var errDown = errors.New("key server is down")

// tokens is a Verifier that knows three tokens.
var tokens = auth.VerifierFunc(func(_ context.Context, token string) (auth.Principal, error) {
	switch token {
	case "ada":
		return auth.Principal{Kind: auth.User, ID: "ada"}, nil
	case "old":
		return auth.Principal{}, auth.ErrExpired
	case "down":
		return auth.Principal{}, errDown
	}
	return auth.Principal{}, auth.ErrInvalid
})

// get returns a request with those headers, given as name, value, ...
func get(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "https://api.example/rest/v1/notes", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// expect checks what an Authenticator says of a request: the ID it finds ("" is
// nobody) or the error.
func expect(t *testing.T, a auth.Authenticator, r *http.Request, id string, want error) {
	t.Helper()
	p, err := a.Authenticate(r)
	if !errors.Is(err, want) || (want == nil) != (err == nil) {
		t.Fatalf("error is %v, want %v", err, want)
	}
	if p.ID != id {
		t.Errorf("caller is %q, want %q", p.ID, id)
	}
	if err != nil && p.Kind != auth.Anonymous {
		t.Errorf("an error came with caller %v", p)
	}
}

func TestChain(t *testing.T) {
	t.Parallel()

	is := func(p auth.Principal, err error) auth.Authenticator {
		return auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) { return p, err })
	}
	nothing := is(auth.Principal{}, nil)
	ada := is(auth.Principal{Kind: auth.User, ID: "ada"}, nil)
	bob := is(auth.Principal{Kind: auth.User, ID: "bob"}, nil)
	bad := is(auth.Principal{}, auth.ErrInvalid)

	tests := []struct {
		name  string
		chain auth.Authenticator
		id    string
		err   error
	}{
		{"Empty", auth.Chain(), "", nil},
		{"NobodyFinds", auth.Chain(nothing, nothing), "", nil},
		{"FirstThatFindsDecides", auth.Chain(nothing, ada, bob), "ada", nil},
		{"ErrorEndsTheSearch", auth.Chain(nothing, bad, ada), "", auth.ErrInvalid},
		{"ErrorAfterTheCallerIsNotReached", auth.Chain(ada, bad), "ada", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			expect(t, tt.chain, get(), tt.id, tt.err)
		})
	}
}

func TestFirstOf(t *testing.T) {
	t.Parallel()

	reject := auth.VerifierFunc(func(context.Context, string) (auth.Principal, error) {
		return auth.Principal{}, auth.ErrInvalid
	})
	tests := []struct {
		name     string
		verifier auth.Verifier
		token    string
		id       string
		err      error
	}{
		{"None", auth.FirstOf(), "ada", "", auth.ErrInvalid},
		{"SecondAccepts", auth.FirstOf(reject, tokens), "ada", "ada", nil},
		{"ExpiryIsToldFirst", auth.FirstOf(tokens, reject), "old", "", auth.ErrExpired},
		{"ExpiryIsToldLast", auth.FirstOf(reject, tokens), "old", "", auth.ErrExpired},
		{"NoVerdictEndsTheSearch", auth.FirstOf(tokens, reject), "down", "", errDown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			expect(t, auth.Bearer(tt.verifier), get("Authorization", "Bearer "+tt.token), tt.id, tt.err)
		})
	}
}

// TestAuthenticateMarks: an error that is no verdict on a credential is marked.
func TestAuthenticateMarks(t *testing.T) {
	t.Parallel()

	is := func(err error) auth.Authenticator {
		return auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) {
			return auth.Principal{Kind: auth.User, ID: "ada"}, err
		})
	}
	for _, tt := range []struct{ err, want error }{
		{nil, nil}, {auth.ErrInvalid, auth.ErrInvalid}, {auth.ErrExpired, auth.ErrInvalid}, {errDown, auth.ErrUnavailable},
	} {
		p, err := auth.Authenticate(is(tt.err), get())
		if !errors.Is(err, tt.want) || !errors.Is(err, tt.err) || (p.ID == "ada") != (err == nil) {
			t.Errorf("of %v: %v, %v", tt.err, p, err)
		}
	}
}

// TestChainAnonymousClaims: claims of an anonymous caller are kept unless another
// authenticator finds the caller.
func TestChainAnonymousClaims(t *testing.T) {
	t.Parallel()
	shared := auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) {
		return auth.Principal{Claims: map[string]any{"share": "s1"}}, nil
	})
	ring, err := auth.NewKeyring(auth.Keys{Publishable: []string{publicOne}, Secret: []string{secretOne}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		a    auth.Authenticator
		r    *http.Request
		id   bool
		has  bool
	}{
		{"alone", auth.Chain(auth.Bearer(tokens), shared), get(), false, true},
		{"behind a caller", auth.Chain(auth.Bearer(tokens), shared), get("Authorization", "Bearer ada"), true, false},
		{"in front of a caller", auth.Chain(shared, auth.Bearer(tokens)), get("Authorization", "Bearer ada"), true, false},
		{"with a publishable key", ring.Authenticator(shared), get("Apikey", publicOne), false, true},
		{"with a secret key", ring.Authenticator(shared), get("Apikey", secretOne), true, true},
	} {
		p, err := tt.a.Authenticate(tt.r)
		if err != nil || (p.ID != "") != tt.id || (p.Claims["share"] == "s1") != tt.has {
			t.Errorf("%s: %v %v, %v", tt.name, p, p.Claims, err)
		}
	}
}

// TestWithProofs: a proof adds claims to any caller, and replaces none.
func TestWithProofs(t *testing.T) {
	t.Parallel()
	own := map[string]any{"plan": "free"}
	user := auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
		if r.Header.Get("Authorization") == "" {
			return auth.Principal{}, nil
		}
		return auth.Principal{Kind: auth.User, ID: "ada", Claims: own}, nil
	})
	share := func(r *http.Request) (map[string]any, error) {
		switch token := r.Header.Get("X-Share"); token {
		case "":
			return nil, nil
		case "bad":
			return nil, auth.ErrInvalid
		default:
			return map[string]any{"share": token, "plan": "gold"}, nil
		}
	}
	a := auth.WithProofs(user, share)
	for _, tt := range []struct {
		name    string
		headers []string
		id      string
		share   any
		plan    any
		want    error
	}{
		{"nothing", nil, "", nil, nil, nil},
		{"anonymous", []string{"X-Share", "s1"}, "", "s1", "gold", nil},
		{"signed in", []string{"X-Share", "s1", "Authorization", "x"}, "ada", "s1", "free", nil},
		{"no proof", []string{"Authorization", "x"}, "ada", nil, "free", nil},
		{"invalid", []string{"X-Share", "bad", "Authorization", "x"}, "", nil, nil, auth.ErrInvalid},
	} {
		p, err := a.Authenticate(get(tt.headers...))
		if !errors.Is(err, tt.want) || p.ID != tt.id || p.Claims["share"] != tt.share || p.Claims["plan"] != tt.plan {
			t.Errorf("%s: %v %v, %v", tt.name, p, p.Claims, err)
		}
	}
	if len(own) != 1 {
		t.Errorf("the claims of the token became %v", own)
	}
}

// TestOnce: the authenticator is called once for a request that Identify has prepared.
func TestOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	inner := auth.Once(auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
		asked++
		return auth.Bearer(tokens).Authenticate(r)
	}))
	outer := auth.Once(auth.Chain(inner))
	for token, want := range map[string]error{"ada": nil, "": nil, "bad": auth.ErrInvalid} {
		asked = 0
		r := get()
		if token != "" {
			r = get("Authorization", "Bearer "+token)
		}
		inside := r.WithContext(auth.Prepare(r.Context()))
		p, err := auth.Identify(outer, inside)
		if !errors.Is(err, want) || auth.FromContext(inside.Context()).ID != p.ID {
			t.Errorf("%q: %v, %v", token, p, err)
		}
		for _, a := range []auth.Authenticator{inner, outer, inner} {
			if q, err := auth.Authenticate(a, inside); q.ID != p.ID || !errors.Is(err, want) {
				t.Errorf("%q again: %v, %v", token, q, err)
			}
		}
		if asked != 1 {
			t.Errorf("%q was looked at %d times", token, asked)
		}
	}
	changed := get("Authorization", "Bearer ada")
	changed = changed.WithContext(auth.Prepare(changed.Context()))
	_, _ = auth.Identify(outer, changed)
	changed.Header.Del("Authorization")
	expect(t, outer, changed, "", nil)
	outside := auth.WithPrincipal(t.Context(), auth.Principal{ID: "outer"})
	inside := get().WithContext(auth.Prepare(outside))
	_, _ = auth.Identify(outer, inside)
	if id := auth.FromContext(inside.Context()).ID; id != "outer" {
		t.Errorf("without credentials the caller is %q", id)
	}
	asked = 0
	for range 2 {
		expect(t, inner, get("Authorization", "Bearer ada"), "ada", nil)
	}
	if asked != 2 {
		t.Errorf("requests that are not prepared were looked at %d times", asked)
	}
}
