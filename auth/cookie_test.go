package auth_test

import (
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
