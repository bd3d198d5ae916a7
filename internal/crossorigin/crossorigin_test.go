package crossorigin_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, upgrade, site string
		want                  bool
	}{
		{"POST", "", "cross-site", true},
		{"POST", "", "same-site", true},
		{"POST", "", "same-origin", false},
		{"POST", "", "", false},
		{"GET", "", "cross-site", false},
		{"GET", "websocket", "cross-site", true},
		{"GET", "websocket", "same-origin", false},
		{"GET", "websocket", "", false},
	} {
		r := httptest.NewRequest(tt.method, "/", nil)
		if tt.upgrade != "" {
			r.Header.Set("Upgrade", tt.upgrade)
		}
		if tt.site != "" {
			r.Header.Set("Sec-Fetch-Site", tt.site)
		}
		if got := crossorigin.Refused(http.NewCrossOriginProtection(), r); got != tt.want || r.Method != tt.method {
			t.Errorf("%+v: %t, method %s", tt, got, r.Method)
		}
	}
}
