package compress_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/middleware/compress"
)

func ExampleNew() {
	text := strings.Repeat("The same again. ", 1000)
	handler := middleware.Must(compress.New(compress.Options{}))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"7"`)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if r.URL.Path == "/token" {
			w.Header().Set("Cache-Control", "no-store, no-transform") // its length must tell nothing
		}
		fmt.Fprint(w, text)
	}))

	for _, path := range []string{"/text", "/token"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		handler.ServeHTTP(w, r)
		fmt.Printf("%q %s %t\n", w.Header().Get("Content-Encoding"), w.Header().Get("ETag"), w.Body.Len() < len(text)/10)
	}
	// Output:
	// "gzip" "7-gzip" true
	// "" "7" false
}
