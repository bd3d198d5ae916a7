package plinth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
)

// TestReadyForEveryClient: the result of a probe is shared, so a client that disconnects
// during its probe does not make the instance look as if it had no database.
func TestReadyForEveryClient(t *testing.T) {
	t.Parallel()
	h := handler(t, served(t))
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(gone, http.MethodGet, "/readyz", http.NoBody))
	if w.Code != http.StatusOK {
		t.Errorf("who hangs up is answered %d %s", w.Code, w.Body)
	}
	if status, body := serveOnce(t, h, "/readyz"); status != http.StatusOK {
		t.Errorf("the next one: %d %s", status, body)
	}
}

// TestReadyIsKept: however often it is asked, /readyz costs the database one look in a
// second.
func TestReadyIsKept(t *testing.T) {
	t.Parallel()
	app := newApp(t, served(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checks, began := plinth.Checks(app), time.Now()
	for range 100 {
		if status, body := serveOnce(t, handler, "/readyz"); status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
	}
	if n, most := checks.Load(), 1+int64(time.Since(began)/time.Second); n < 1 || n > most {
		t.Errorf("%d looks at the parts, want 1 to %d", n, most)
	}
}
