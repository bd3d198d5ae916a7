package server_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// dated is a writer that remembers which deadlines it was given.
type dated struct {
	*httptest.ResponseRecorder
	read, write []time.Time
}

func (d *dated) SetReadDeadline(at time.Time) error {
	d.read = append(d.read, at)
	return nil
}

func (d *dated) SetWriteDeadline(at time.Time) error {
	d.write = append(d.write, at)
	return nil
}

// TestLongLivedDeadlines: a request that lasts has no deadline while its handler runs, and
// both when that has returned, so that nobody keeps a connection by not reading the end of
// an answer either.
func TestLongLivedDeadlines(t *testing.T) {
	t.Parallel()
	app := apptest.New(t, apptest.Served(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	w := &dated{ResponseRecorder: httptest.NewRecorder()}
	for path, router := range map[string]chi.Router{"/live": live(app), "": app.Router()} {
		router.Get("/x", func(http.ResponseWriter, *http.Request) {
			for name, deadlines := range map[string][]time.Time{"read": w.read, "write": w.write} {
				if path == "/live" && (len(deadlines) != 1 || !deadlines[0].IsZero()) {
					t.Errorf("while it lasts it has to %s until %v", name, deadlines)
				}
			}
		})
	}
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/live/x", http.NoBody))
	after := time.Now()
	for name, tt := range map[string]struct {
		deadlines []time.Time
		left      time.Duration
	}{
		"read":  {w.read, 5 * time.Second},
		"write": {w.write, 30 * time.Second},
	} {
		if n := len(tt.deadlines); n != 2 || tt.deadlines[1].Before(before.Add(tt.left)) || tt.deadlines[1].After(after.Add(tt.left)) {
			t.Errorf("afterwards it has to %s until %v, want %s from %s on", name, tt.deadlines, tt.left, after)
		}
	}
	w.read, w.write = nil, nil
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", http.NoBody))
	if len(w.read)+len(w.write) > 0 {
		t.Errorf("another request has to read until %v and to write until %v", w.read, w.write)
	}
}
