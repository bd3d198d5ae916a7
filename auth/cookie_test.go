package auth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
)

func TestCookie(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name    string
		headers []string
		id      string
		err     error
	}{
		{"NoCookie", nil, "", nil},
		{"OtherCookie", []string{"Cookie", "other=ada"}, "", nil},
		{"EmptyCookie", []string{"Cookie", "s="}, "", nil},
		{"Good", []string{"Cookie", "s=ada"}, "ada", nil},
		{"SameTwice", []string{"Cookie", "s=ada; s=ada"}, "ada", nil},
		{"PlantedBeside", []string{"Cookie", "s=eve; s=ada"}, "", auth.ErrInvalid},
		{"Unknown", []string{"Cookie", "s=eve"}, "", auth.ErrInvalid},
		{"Expired", []string{"Cookie", "s=old"}, "", auth.ErrExpired},
		{"NoVerdict", []string{"Cookie", "s=down"}, "", auth.ErrUnavailable},
		{"TooLong", []string{"Cookie", "s=" + strings.Repeat("a", auth.MaxTokenSize+1)}, "", auth.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			expect(t, auth.Cookie("s", tokens, nil), get(tt.headers...), tt.id, tt.err)
		})
	}
}

func TestCookieOnRequestsOfOtherSites(t *testing.T) {
	t.Parallel()

	trusting := http.NewCrossOriginProtection()
	if err := trusting.AddTrustedOrigin("https://app.example"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		method  string
		headers []string
		opts    *auth.CookieOptions
		id      string
		err     error
	}{
		{"ReadFromAnotherSite", "GET", []string{"Sec-Fetch-Site", "cross-site"}, nil, "ada", nil},
		{"WriteFromTheSameOrigin", "POST", []string{"Sec-Fetch-Site", "same-origin"}, nil, "ada", nil},
		{"WriteFromNoBrowser", "POST", nil, nil, "ada", nil},
		{"WriteFromAnotherSite", "POST", []string{"Sec-Fetch-Site", "cross-site"}, nil, "", auth.ErrCrossOrigin},
		{"WriteFromASubdomain", "DELETE", []string{"Sec-Fetch-Site", "same-site"}, nil, "", auth.ErrCrossOrigin},
		{"WriteFromAnOldBrowser", "PATCH", []string{"Origin", "https://evil.example"}, nil, "", auth.ErrCrossOrigin},
		{
			"WebSocketFromAnotherSite", "GET",
			[]string{"Upgrade", "websocket", "Origin", "https://evil.example"},
			nil, "", auth.ErrCrossOrigin,
		},
		{"WebSocketFromHere", "GET", []string{"Upgrade", "websocket", "Origin", "https://api.example"}, nil, "ada", nil},
		{
			"WriteFromATrustedOrigin", "POST",
			[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://app.example"},
			&auth.CookieOptions{CrossOrigin: trusting}, "ada", nil,
		},
		{
			"WriteFromAnUntrustedOrigin", "POST",
			[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://other.example"},
			&auth.CookieOptions{CrossOrigin: trusting}, "", auth.ErrCrossOrigin,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			r := get(append(tt.headers, "Cookie", "s=ada")...)
			r.Method = tt.method
			expect(t, auth.Cookie("s", tokens, tt.opts), r, tt.id, tt.err)
			if r.Method != tt.method {
				t.Error("the request was changed")
			}
		})
	}
}

// FuzzCookie: whatever is in the header, the Verifier is asked for one value that stands
// in it, and two different ones are refused.
func FuzzCookie(f *testing.F) {
	for _, seed := range []string{"", "s=ada", "s=", "s=a; s=b", `s="ada"`, "s=ada;s=ada", "S=ada", "s =ada", "=;s", "s=\x00", "t=s=ada", "s=a,b"} {
		f.Add(seed, "s=ada")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		asked := ""
		echo := auth.VerifierFunc(func(_ context.Context, token string) (auth.Principal, error) {
			asked = token
			return auth.Principal{Kind: auth.User, ID: token}, nil
		})
		r := &http.Request{Method: http.MethodGet, Header: http.Header{"Cookie": {one, two}}}
		p, err := auth.Cookie("s", echo, nil).Authenticate(r)
		values := map[string]bool{}
		for _, c := range r.Cookies() {
			if c.Name == "s" && c.Value != "" {
				values[c.Value] = true
			}
		}
		switch {
		case err != nil && (!errors.Is(err, auth.ErrInvalid) || asked != ""):
			t.Errorf("%q, %q: %v after asking about %q", one, two, err, asked)
		case err == nil && (p.ID != asked || len(values) > 1 || asked != "" && !values[asked] || asked == "" && len(values) > 0):
			t.Errorf("%q, %q: asked about %q of %v", one, two, asked, values)
		case len(asked) > auth.MaxTokenSize || strings.ContainsAny(asked, " \t\r\n\x00"):
			t.Errorf("%q, %q: asked about %q", one, two, asked)
		}
	})
}
