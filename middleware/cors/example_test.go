package cors_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/middleware/cors"
)

func ExampleNew() {
	notes := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "[]") })
	handler := middleware.Must(cors.New(cors.Options{Origins: []string{"https://app.example.org"}}))(notes)

	for _, origin := range []string{"https://app.example.org", "https://other.example"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/notes", nil)
		r.Header.Set("Origin", origin)
		handler.ServeHTTP(w, r)
		fmt.Printf("%q\n", w.Header().Get("Access-Control-Allow-Origin"))
	}
	// Output:
	// "https://app.example.org"
	// ""
}

func ExampleOptions_Validate() {
	err := cors.Options{Origins: []string{"https://app.example.org/", "null"}}.Validate()
	fmt.Println(err)
	// Output:
	// cors: origin "https://app.example.org/" has a path: an origin ends after host and port
	// cors: origin "null" is what every sandboxed frame sends
}
