package accounts_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// TestBodyCut: a body that ends early or fails is no failure of the server.
func TestBodyCut(t *testing.T) {
	engines(t, func(*accounts.Config) {}, func(t *testing.T, w *world) {
		for _, err := range []error{io.ErrUnexpectedEOF, os.ErrDeadlineExceeded} {
			r := w.request("POST /token?grant_type=password", "", "{}")
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"email":`), iotest.ErrReader(err)))
			if a := w.must(http.StatusBadRequest, w.send(r)); a.code() != "bad_json" {
				t.Errorf("%v: %s", err, a.code())
			}
		}
	})
}
