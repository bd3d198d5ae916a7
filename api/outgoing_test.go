package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// slowReader is a client that has asked for something and reads nothing of it for a while.
type slowReader struct {
	*httptest.ResponseRecorder

	once     sync.Once
	sent     chan struct{} // closed when there is something to read
	read     chan struct{} // closed when it is read
	answered chan struct{} // closed when the handler has returned
}

func (s *slowReader) Write(p []byte) (int, error) {
	s.once.Do(func() { close(s.sent) })
	<-s.read
	return s.ResponseRecorder.Write(p)
}

// askSlowly asks and returns when there is something to read.
func askSlowly(t *testing.T, h http.Handler, caller, target string) *slowReader {
	t.Helper()
	s := &slowReader{ResponseRecorder: httptest.NewRecorder(), sent: make(chan struct{}), read: make(chan struct{}), answered: make(chan struct{})}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
	r.Header.Set("X-Caller", caller)
	go func() {
		defer close(s.answered)
		h.ServeHTTP(s, r)
	}()
	select {
	case <-s.sent:
	case <-s.answered:
		t.Fatalf("%s: %d %s", target, s.Code, s.Body)
	}
	return s
}

// TestSlowReaders: who reads nothing of the large answers they have asked for gets no more
// of them, and what was not answered was not done; small answers, those of others and of
// services there are.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300_000)
	flood := api.TxFunc("flood", api.SignedIn(), func(ctx context.Context, tx *store.Tx, _ none) (string, error) {
		return long + long + long, store.For[label](tx).Insert(ctx, &label{ID: "flood", Text: "x"})
	})
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{Limits: api.Limits{Answer: 1 << 20}}, flood)
		for _, id := range []string{"x1", "x2", "x3"} {
			put(t, db, "acme", &label{ID: id, Text: long})
		}
		const large = "/labels?id=like.x*"
		slow := []*slowReader{askSlowly(t, h, "ann", large), askSlowly(t, h, "ann", large)}
		var pages []*slowReader // whose memory all share
		for range 20 {
			pages = append(pages, askSlowly(t, h, "bob", "/-/docs/swagger-ui-bundle.js"))
		}
		returned := []string{"Prefer: return=representation"}
		for _, q := range []request{
			{line: "GET " + large},
			{line: "PATCH " + large, body: `{"text":"` + strings.Repeat("y", 300_000) + `"}`, header: returned},
			{line: "DELETE " + large, header: returned},
			{line: "POST /rpc/flood", body: "{}"},
			{line: "POST /-/batch", body: `[{"method":"POST","path":"/labels","body":{"id":"batch","text":"x"}},{"method":"GET","path":"` + large + `"}]`},
		} {
			q.caller = "ann"
			res := must(t, h, http.StatusTooManyRequests, q)
			if !strings.Contains(res.body, "PL429") || res.header.Get("Retry-After") != "1" {
				t.Errorf("%s: %v %s", q.line, res.header, res.body)
			}
		}
		if got := must(t, h, http.StatusOK, request{caller: "ann", line: "GET /labels?select=id&order=id"}).body; got != `[{"id":"hot"},{"id":"old"},{"id":"x1"},{"id":"x2"},{"id":"x3"}]` {
			t.Errorf("labels %s", got)
		}
		if got := must(t, h, http.StatusOK, request{caller: "bob", line: "GET " + large}).body; strings.Count(got, long) != 3 {
			t.Errorf("%d bytes for somebody else, who reads", len(got))
		}
		// As large as what was written: there is nothing to gain by not reading it.
		must(t, h, http.StatusOK, request{caller: "ann", line: "PATCH /labels?id=eq.x1", body: `{"text":"` + long + `"}`, header: returned})
		for _, p := range pages {
			close(p.read)
			<-p.answered
		}
		for _, s := range slow {
			close(s.read)
			<-s.answered
			if s.Code != http.StatusOK || strings.Count(s.Body.String(), long) != 3 {
				t.Errorf("%d, %d bytes", s.Code, s.Body.Len())
			}
		}
		must(t, h, http.StatusOK, request{caller: "ann", line: "GET " + large})
	})
}
