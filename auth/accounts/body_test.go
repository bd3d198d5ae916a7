package accounts_test

import (
	"fmt"
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

// TestA44: a body beyond its limit is 413 before anybody reads it, whether its
// length is told or not, and a password longer than any that may be chosen is refused
// without a hash, of whomever it is said to be.
func TestA44(t *testing.T) {
	engines(t, usual, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", ann))
		long := `{"email":"ann@example.org","password":"` + strings.Repeat("x", 64<<10) + `"`
		for _, line := range []string{passwordLine, "POST /signup", "POST /recover", "POST /otp", "POST /verify"} {
			for _, told := range []bool{true, false} {
				r := w.request(line, "", long)
				if !told {
					r.ContentLength = -1
				}
				w.must(http.StatusRequestEntityTooLarge, w.send(r))
			}
		}
		w.refused(422, "weak_password", w.do("POST /signup", "", login("bob@example.org", strings.Repeat("x", 1025))))
		w.a.WithoutHashes()
		for _, email := range []string{"ann@example.org", "nobody@example.org"} {
			for _, entered := range []string{strings.Repeat("x", 1025), strings.Repeat("y", 4097), strings.Repeat("é", 20_000)} {
				a := w.from(fmt.Sprint("198.51.100.", len(entered)%100), passwordLine, "", login(email, entered))
				w.refused(400, "invalid_credentials", a)
			}
		}
	})
}
