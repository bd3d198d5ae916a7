package gate_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth"
)

// TestA37 sends requests with an Idempotency-Key many times: at once, one after
// the other, changed, as somebody else, and to a process that was started anew.
// Each has one effect, and one answer for whoever it was made for.
func TestA37(t *testing.T) {
	t.Parallel()
	const body = `{"slug":"fresh","title":"x","status":"draft"}`
	engines(t, func(t *testing.T, f *fixture) {
		f.repeat(t, ask{method: http.MethodPost, target: "/notes", body: body, prefer: represented},
			"select count(*) from notes where slug = 'fresh'")
		f.repeat(t, ask{method: http.MethodPost, target: "/rpc/reserve", body: "{}"},
			"select 10 - stock_left from (select \"left\" as stock_left from stock where id = 1) s")
	})
}

// repeat sends a request that may succeed once for each caller and key, and
// compares what is there with what it should have done.
func (f *fixture) repeat(t *testing.T, a ask, effects string) {
	t.Helper()
	f.reset(t)
	f.exec(t, "delete from plinth_idempotency")
	none := f.rows(t, effects)
	send := func(p auth.Principal, key string, a ask) *apitest.Response {
		client := f.as(t, p).With("Accept", "application/json").With("Idempotency-Key", key)
		if a.prefer != "" {
			client = client.With("Prefer", a.prefer)
		}
		return client.Do(a.method, a.target, a.body)
	}
	answers := make([]*apitest.Response, 100)
	together(len(answers), func(i int) int {
		answers[i] = send(asAna, []string{`"key-1"`, "key-1"}[i%2], a)
		return answers[i].Status
	})
	var first *apitest.Response
	for _, got := range answers {
		if got.Status == http.StatusConflict {
			if got.Code() != "PL409" || got.Header.Get("Retry-After") == "" {
				t.Errorf("%s: %s, Retry-After %q", a, got.Body, got.Header.Get("Retry-After"))
			}
			continue
		}
		if first == nil {
			first = got
		}
		if got.Status/100 != 2 || got.Body != first.Body {
			t.Errorf("%s: one answer is %d %s, another %d %s", a, got.Status, got.Body, first.Status, first.Body)
		}
	}
	if first == nil {
		t.Fatalf("%s: nobody was served", a)
	}
	once := f.rows(t, effects)
	if once == none {
		t.Errorf("%s had no effect: %s", a, once)
	}
	same := func(what string, got *apitest.Response) {
		t.Helper()
		if got.Status != first.Status || got.Body != first.Body || got.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s, %s: %d %s %v, want %d %s", a, what, got.Status, got.Body, got.Header, first.Status, first.Body)
		}
		for _, name := range []string{"Content-Type", "Content-Range", "Content-Length", "Cache-Control"} {
			if got.Header.Get(name) != first.Header.Get(name) {
				t.Errorf("%s, %s: %s is %q, was %q", a, what, name, got.Header.Get(name), first.Header.Get(name))
			}
		}
	}
	for i := range 5 {
		same(fmt.Sprint("again, ", i), send(asAna, "key-1", a))
	}
	f.handler = newFixture(t, f.db, api.Config{}).handler
	same("by a new process", send(asAna, "key-1", a))
	changed := a
	changed.body = strings.Replace(a.body, "{", `{ `, 1)
	if got := send(asAna, "key-1", changed); got.Status != http.StatusUnprocessableEntity || got.Code() != "PL422" {
		t.Errorf("%s with another body: %d %s", a, got.Status, got.Body)
	}
	if now := f.rows(t, effects); now != once {
		t.Errorf("%s: %s after it was sent once, %s now", a, once, now)
	}
	// Somebody else's key is their own: a new attempt, which sees nothing of ana's.
	got := send(asAri, "key-1", a)
	if got.Header.Get("Idempotent-Replayed") != "" || got.Status/100 == 2 && got.Body == first.Body {
		t.Errorf("%s by ari: %d %s", a, got.Status, got.Body)
	}
	if got := send(asAnon, "key-1", a); got.Status != http.StatusBadRequest && got.Status != http.StatusUnauthorized {
		t.Errorf("%s by nobody: %d %s", a, got.Status, got.Body)
	}
}
