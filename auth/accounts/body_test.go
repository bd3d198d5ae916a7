package accounts_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/testkit/attacktest"
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

// TestA44: a body beyond its limit is 413 before anybody reads it, whether its
// length is told or not, and a password longer than any that may be chosen is refused
// without a hash, of whomever it is said to be.
func TestA44(t *testing.T) {
	engines(t, usual, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		w.a.WithoutHashes()
		for _, tt := range attacktest.AccountBodies("ann@example.org", "nobody@example.org") {
			for _, told := range []bool{true, false} {
				r := w.request(tt.Line, "", tt.Body)
				if !told {
					r.ContentLength = -1
				}
				if a := w.must(tt.Status, w.send(r)); tt.Code != "" && a.code() != tt.Code {
					t.Errorf("%s: %s, want %s", tt.Line, a.code(), tt.Code)
				}
			}
		}
	})
}
