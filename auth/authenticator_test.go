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

// TestAuthenticateMarks: what is no verdict on a credential is marked as none.
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
