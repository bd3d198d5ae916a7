package jwt

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestA47Remote: of 10,000 unknown key ids of the greatest length a limited number
// is remembered. The issuer is asked once, and again after the cooldown, and the known id
// is found among them.
func TestA47Remote(t *testing.T) {
	t.Parallel()
	asked := 0 // by one request at a time
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		fmt.Fprint(w, `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"known","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`)
	}))
	defer issuer.Close()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r, err := NewRemote(issuer.URL, RemoteConfig{InsecureLoopback: true, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	look := func(id string, want bool) {
		t.Helper()
		if _, found, err := r.Key(t.Context(), id); found != want || err != nil {
			t.Fatalf("%q: found %t, %v", id, found, err)
		}
	}
	look("known", true)
	target := strings.Repeat("t", maxKeyID)
	look(target, false)
	for round := range 3 {
		for i := range 10_000 {
			// The first of a round are looked for while the issuer may be asked again.
			look(fmt.Sprintf("%0*d", maxKeyID, round*10_000+i), false)
			if i%1000 == 0 {
				look("known", true)
				look(target, false)
			}
			if n := len(r.unknown); n > maxUnknown {
				t.Fatalf("%d ids are remembered", n)
			}
		}
		if asked != round+1 {
			t.Errorf("round %d: asked %d times", round, asked)
		}
		now = now.Add(cooldown)
	}
}
