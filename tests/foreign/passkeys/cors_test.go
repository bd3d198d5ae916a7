package passkeys_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/middleware/cors"
)

// TestCORS lets pages of several origins read a server: only what the browser hands to
// the page counts.
func TestCORS(t *testing.T) {
	t.Parallel()
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>page</title>")
	}))
	t.Cleanup(pages.Close)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(pages.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	// One server, three origins: by its address, and by two names that browsers take for this machine.
	named, evil := "http://localhost:"+port, "http://evil.localhost:"+port
	data := httptest.NewServer(middleware.Must(cors.New(cors.Options{Origins: []string{named}, Credentials: true}))(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", "0-0/1")
			w.Header().Set("Etag", `"1"`)
			if r.URL.Path == "/missing" {
				w.WriteHeader(http.StatusNotFound)
			}
			fmt.Fprint(w, r.Method)
		})))
	t.Cleanup(data.Close)
	// What a page sees, or "blocked" where the browser keeps it out.
	const read = `fetch(%q, %s).then(async r => [r.status, await r.text(), r.headers.get("content-range"), r.headers.get("etag")].join(" "), () => "blocked")`
	const patch = `{method: "PATCH", body: "{}", headers: {"apikey": "k", "authorization": "Bearer k", "content-type": "application/json",
		"content-profile": "public", "prefer": "return=representation", "x-client-info": "supabase-js", "x-retry-count": "1", "if-match": "\"1\""}}`
	b := start(t)
	for _, tt := range []struct{ page, path, init, want string }{
		{named, "/", `{}`, `200 GET 0-0/1 "1"`},
		{named, "/", `{credentials: "include"}`, `200 GET 0-0/1 "1"`},
		{named, "/", patch, `200 PATCH 0-0/1 "1"`},
		{named, "/missing", `{}`, `404 GET 0-0/1 "1"`},
		{named, "/", `{headers: {"x-own": "1"}}`, "blocked"},
		{evil, "/", `{}`, "blocked"},
		{evil, "/", `{method: "POST", body: "a=1"}`, "blocked"},
		{evil, "/", patch, "blocked"},
		{pages.URL, "/", `{}`, "blocked"},
	} {
		b.Visit(tt.page)
		got, err := b.Run(fmt.Sprintf(read, data.URL+tt.path, tt.init))
		if err != nil || got != tt.want {
			t.Errorf("%s of %s by %.60s: %q, %v, want %q", tt.path, tt.page, tt.init, got, err, tt.want)
		}
	}
}
