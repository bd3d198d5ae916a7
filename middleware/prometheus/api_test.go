package prometheus_test

import (
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestAPI: whatever is asked of an API, the labels are the routes of its document.
func TestAPI(t *testing.T) {
	t.Parallel()
	m, db := watched(t)
	a, err := api.New(db, api.Config{BasePath: "/rest/v1"})
	if err != nil {
		t.Fatal(err)
	}
	a.Add(api.Resource[note]{Policy: api.Policy{Read: api.Anyone()}})
	h, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	if err := store.For[note](db).Insert(t.Context(), &note{Title: "secret"}); err != nil {
		t.Fatal(err)
	}
	counted := m.Middleware(h)
	for _, target := range []string{
		"/rest/v1/notes", "/rest/v1/notes?title=eq.secret", "/rest/v1/notes/1", "/rest/v1/notes/4711", "/rest/v1/notes/secret", "/rest/v1/secret",
		"/rest/v1/secret/1", "/rest/v1/rpc/secret", "/rest/v1/-/secret", "/rest/v1/", "/rest/v1/notes/1/secret", "/secret", "/rest/v1/notes/%2Fsecret",
	} {
		send(counted, httptest.NewRequest("GET", target, nil))
	}
	for _, method := range []string{"TRACE", "CONNECT", "SECRET"} { // which strangers choose too
		for _, target := range []string{"/rest/v1/notes", "/rest/v1/notes/1", "/rest/v1/", "/rest/v1/-/batch", "/rest/v1/-/openapi.json"} {
			send(counted, httptest.NewRequest(method, target, nil))
		}
	}
	routes := map[string]bool{}
	for labels := range values(t, m, "plinth_http_requests_total") {
		_, route, _ := strings.Cut(labels, "route=")
		routes[route] = true
		if route != "unmatched" && !strings.Contains(labels, "method=GET,") {
			t.Errorf("%s, whose path has no such method", labels)
		}
	}
	want := []string{"/rest/v1/", "/rest/v1/notes", "/rest/v1/notes/{id}", "unmatched"}
	if got := slices.Sorted(maps.Keys(routes)); !slices.Equal(got, want) {
		t.Errorf("routes %q, want %q", got, want)
	}
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if strings.Contains(w.Body.String(), "secret") {
		t.Error("what a stranger has asked for is in the metrics")
	}
}
