package middleware_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/seed-7694ebf6/plinth/middleware"
)

// At most 64 requests are served at a time, 8 of one caller. Streams of events take no
// slot.
func ExampleAdmission() {
	admission := middleware.Must(middleware.Admission(middleware.AdmissionOptions{
		Running: 64, PerCaller: 8,
		Exempt: func(r *http.Request) bool { return r.URL.Path == "/events" },
	}))
	h := admission(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("fine")) }))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/notes", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 200 fine
}
