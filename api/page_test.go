package api_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/openapi/swagger"
)

// The page and what it loads are served below any base path, compressed or not,
// under a policy that lets it talk to nobody else.
func TestPage(t *testing.T) {
	t.Parallel()
	h := serve(t, memory(t), api.Config{BasePath: "/any/base"}, nothing("f"))
	for _, f := range swagger.Files() {
		path := strings.TrimSuffix("/any/base/-/docs/"+f.Name, "/")
		plain := must(t, h, 200, request{line: "GET " + path, header: []string{"Accept-Encoding: br, gzip;q=0"}})
		packed := must(t, h, 200, request{line: "GET " + path, header: []string{"Accept-Encoding: br, gzip"}})
		text := packed.body
		if packed.header.Get("Content-Encoding") == "gzip" {
			r, err := gzip.NewReader(strings.NewReader(packed.body))
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			text = string(b)
		}
		if text != plain.body || plain.header.Get("Content-Encoding") != "" || len(text) < 100 {
			t.Errorf("%s: %d bytes, compressed %d", path, len(plain.body), len(text))
		}
		for _, refusal := range []string{"gzip; q=0", "gzip;q=0.0", "gzip;q=0.000, br", "br, GZIP;Q=0."} {
			if res := must(t, h, 200, request{line: "GET " + path, header: []string{"Accept-Encoding: " + refusal}}); res.header.Get("Content-Encoding") != "" {
				t.Errorf("%s, Accept-Encoding %s: %v", path, refusal, res.header)
			}
		}
		for _, res := range []response{plain, packed} {
			policy := res.header.Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "script-src 'self';") || res.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %v", path, res.header)
			}
			must(t, h, 304, request{line: "GET " + path, header: []string{"Accept-Encoding: " + res.header.Get("Content-Encoding"), "If-None-Match: " + res.header.Get("Etag")}})
		}
		if f.Name == "" && regexp.MustCompile(`(?i)<script>|<style|\son\w+=|https?://`).MatchString(text) {
			t.Errorf("the page has inline script, or an address: %s", text)
		}
	}
	page := must(t, h, 200, request{line: "GET /any/base/-/docs"}).body
	for _, link := range regexp.MustCompile(`(?:src|href)="([a-z][^":]*)"`).FindAllStringSubmatch(page, -1) {
		must(t, h, 200, request{line: "GET /any/base/-/" + link[1], header: []string{"Accept: */*"}})
	}
	must(t, serve(t, memory(t), api.Config{HideDocuments: true}, nothing("f")), 404, request{line: "GET /-/docs"})
}

// TestPageIsMadeOnce: the files of the page are unpacked and hashed once, not for each
// request.
func TestPageIsMadeOnce(t *testing.T) {
	h := fixtureServer(t, memory(t), api.Config{})
	ask := func() {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/-/docs/swagger-ui-bundle.js", http.NoBody)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	ask()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		ask()
	}
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) / 10; n > 200<<10 {
		t.Errorf("%d bytes are allocated for each HEAD", n)
	}
}
