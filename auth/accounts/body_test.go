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

// TestBodyCut: a body that ends early or cannot be read is an error of the client.
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

// TestA44: a body beyond its limit is 413 before it is read, with or without a
// declared length. A password longer than the longest allowed one is refused without
// computing a hash, for every account.
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
