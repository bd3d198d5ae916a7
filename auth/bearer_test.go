package auth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

func TestBearer(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name    string
		headers []string
		id      string
		err     error
	}{
		{"NoHeader", nil, "", nil},
		{"OtherScheme", []string{"Authorization", "Basic YTpi"}, "", nil},
		{"SchemeThatBeginsLikeIt", []string{"Authorization", "Bearers ada"}, "", nil},
		{"Good", []string{"Authorization", "Bearer ada"}, "ada", nil},
		{"SchemeHasNoCase", []string{"Authorization", "bEARER ada"}, "ada", nil},
		{"SpacesAround", []string{"Authorization", "Bearer  ada "}, "ada", nil},
		{"Unknown", []string{"Authorization", "Bearer eve"}, "", auth.ErrInvalid},
		{"Expired", []string{"Authorization", "Bearer old"}, "", auth.ErrExpired},
		{"NoToken", []string{"Authorization", "Bearer"}, "", auth.ErrInvalid},
		{"BlankToken", []string{"Authorization", "Bearer   "}, "", auth.ErrInvalid},
		{"TwoTokens", []string{"Authorization", "Bearer ada, Bearer ada"}, "", auth.ErrInvalid},
		{"TwoHeaders", []string{"Authorization", "Bearer ada", "Authorization", "Bearer ada"}, "", auth.ErrInvalid},
		{"JSONInsteadOfToken", []string{"Authorization", `Bearer {"$ne":""}`}, "", auth.ErrInvalid},
		{"NUL", []string{"Authorization", "Bearer ada\x00"}, "", auth.ErrInvalid},
		{"NoVerdict", []string{"Authorization", "Bearer down"}, "", auth.ErrUnavailable},
		{"NoVerdictKeepsItsCause", []string{"Authorization", "Bearer down"}, "", errDown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			expect(t, auth.Bearer(tokens), get(tt.headers...), tt.id, tt.err)
		})
	}
}

func TestRefusalsLookAlikeFromOutside(t *testing.T) {
	t.Parallel()

	for _, token := range []string{"eve", "", `{"a":1}`, strings.Repeat("a", 1<<20)} {
		_, err := auth.Bearer(tokens).Authenticate(get("Authorization", "Bearer "+token))
		if got := outside(t, err); got != "PGRST301 auth: invalid credential" {
			t.Errorf("token of %d bytes: outside sees %q", len(token), got)
		}
	}
}

// TestA48BearerOfAMegabyte (security list A-48): a megabyte of dots is refused without
// parsing.
func TestA48BearerOfAMegabyte(t *testing.T) {
	t.Parallel()

	never := auth.VerifierFunc(func(context.Context, string) (auth.Principal, error) {
		t.Error("a token over the limit reached the Verifier")
		return auth.Principal{}, nil
	})
	r := get("Authorization", "Bearer "+strings.Repeat(".", 1<<20))
	best := time.Hour
	for range 5 { // the machine may be busy with other tests
		start := time.Now()
		_, err := auth.Bearer(never).Authenticate(r)
		best = min(best, time.Since(start))
		if !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("error is %v", err)
		}
	}
	if best > programtest.Within(5*time.Millisecond) {
		t.Errorf("refusing took %v", best)
	}
}

func TestTokenAtTheLimit(t *testing.T) {
	t.Parallel()

	any := auth.VerifierFunc(func(context.Context, string) (auth.Principal, error) {
		return auth.Principal{Kind: auth.User, ID: "x"}, nil
	})
	expect(t, auth.Bearer(any), get("Authorization", "Bearer "+strings.Repeat("a", auth.MaxTokenSize)), "x", nil)
	expect(t, auth.Bearer(any), get("Authorization", "Bearer "+strings.Repeat("a", auth.MaxTokenSize+1)), "", auth.ErrInvalid)
}

func FuzzBearer(f *testing.F) {
	for _, seed := range []string{"", "Bearer", "Bearer ada", "bearer\tada", "Basic x", "Bearer a b", "Bearer \xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		asked := ""
		echo := auth.VerifierFunc(func(_ context.Context, token string) (auth.Principal, error) {
			asked = token
			return auth.Principal{Kind: auth.User, ID: token}, nil
		})
		r := &http.Request{Header: http.Header{"Authorization": {header}}}
		p, err := auth.Bearer(echo).Authenticate(r)
		if err != nil && (!errors.Is(err, auth.ErrInvalid) || asked != "") {
			t.Fatalf("%q: %v after asking about %q", header, err, asked)
		}
		if p.ID != "" && !strings.HasSuffix(strings.TrimRight(header, " "), p.ID) {
			t.Fatalf("%q gave token %q", header, p.ID)
		}
		if strings.ContainsAny(asked, " \t\r\n\x00,\"{}") {
			t.Fatalf("%q: the Verifier was asked about %q", header, asked)
		}
	})
}
