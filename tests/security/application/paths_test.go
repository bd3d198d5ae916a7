package application_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// TestNothingPassesForASurface: the surfaces judge pages of other origins and the size of
// bodies by themselves, the application's own routes do not, so no way of writing a path
// leads to one of these and is taken for one of those.
func TestNothingPassesForASurface(t *testing.T) {
	t.Parallel()
	for _, cleaned := range []bool{false, true} {
		app := apptest.New(t, apptest.Served(t)) // without accounts
		t.Cleanup(func() { _ = app.DB().Close() })
		if cleaned {
			app.Router().Use(middleware.CleanPath)
		}
		var own []string
		app.Router().HandleFunc("/*", func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			own = append(own, fmt.Sprint(n > 1<<20, err == nil))
		})
		handler, err := app.Handler(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		reached := 0
		for _, target := range []string{
			"/upload", "/rest%2Fv1/x", "/%72est/v1/x", "/rest/v1%2Fx", "/rest/v1/../../x", "/rest/v1/%2e%2e/%2e%2e/x", "/rest/v1/..%2f..%2fx",
			"//rest/v1/x", "/rest//v1/x", "/./rest/v1/x", "/REST/v1/x", "/rest/v1x", "/rest/v1./x", "/rest/v1;/x", "/auth/v1/x", "/auth/v1", "/auth%2Fv1/x",
		} {
			for _, site := range []string{"cross-site", "same-origin"} {
				u, err := url.ParseRequestURI(target)
				if err != nil {
					t.Fatal(err)
				}
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(strings.Repeat("x", 2<<20)))
				r.URL, r.RequestURI, r.ContentLength = u, target, -1
				r.Header.Set("Sec-Fetch-Site", site)
				handler.ServeHTTP(httptest.NewRecorder(), r)
				if site == "cross-site" && len(own) > 0 {
					t.Errorf("%s: a page of another origin has reached an own route", target)
				}
				for _, body := range own {
					reached++
					if body != "false false" {
						t.Errorf("%s: a body of 2 MiB has reached an own route", target)
					}
				}
				own = nil
			}
		}
		if reached < 8 {
			t.Errorf("cleaned %t: own routes were reached %d times", cleaned, reached)
		}
	}
}
