package authtest_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
)

func TestIssuer(t *testing.T) {
	t.Parallel()

	one, two := authtest.NewIssuer(t), authtest.NewIssuer(t)
	ada := authtest.User("ada", "editor")
	hourAgo := &authtest.TokenOptions{At: time.Now().Add(-time.Hour)}
	tests := []struct {
		name  string
		token string
		want  error
	}{
		{"Good", one.Token(ada, nil), nil},
		{"LongLived", one.Token(ada, &authtest.TokenOptions{At: hourAgo.At, TTL: 2 * time.Hour}), nil},
		{"Expired", one.Token(ada, hourAgo), auth.ErrExpired},
		{"OfAnotherIssuer", two.Token(ada, nil), auth.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			p, err := one.Verifier().Verify(t.Context(), tt.token)
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Fatalf("error is %v, want %v", err, tt.want)
			}
			if err == nil && (p.ID != "ada" || !p.HasRole("editor") || !p.SignedIn()) {
				t.Errorf("caller is %v", p)
			}
		})
	}
}

func TestBearer(t *testing.T) {
	t.Parallel()

	issuer := authtest.NewIssuer(t)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", issuer.Bearer(authtest.User("ada")))
	p, err := auth.Bearer(issuer.Verifier()).Authenticate(r)
	if err != nil || p.ID != "ada" {
		t.Errorf("caller is %v, %v", p, err)
	}
	if id := issuer.Key().ID(); len(id) != 43 {
		t.Errorf("kid is %q, not a thumbprint", id)
	}
}
