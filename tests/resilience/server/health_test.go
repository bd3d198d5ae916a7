package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// TestReadyForEveryClient: the result of a probe is shared, so a client that disconnects
// during its probe does not make the instance look as if it had no database.
func TestReadyForEveryClient(t *testing.T) {
	t.Parallel()
	h := apptest.Handler(t, apptest.Served(t))
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(gone, http.MethodGet, "/readyz", http.NoBody))
	if w.Code != http.StatusOK {
		t.Errorf("who hangs up is answered %d %s", w.Code, w.Body)
	}
	if status, body := apptest.Status(t, h, "/readyz"); status != http.StatusOK {
		t.Errorf("the next one: %d %s", status, body)
	}
}
