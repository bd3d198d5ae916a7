package prometheus_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/seed-7694ebf6/plinth/middleware/prometheus"
)

func ExampleNew() {
	metrics, err := prometheus.New(prometheus.Options{})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes/{id}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })
	public := metrics.Middleware(mux) // for everybody
	operations := metrics.Handler()   // for a listener that only the monitoring reaches

	for _, path := range []string{"/notes/7", "/notes/8", "/wp-login.php"} {
		public.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	w := httptest.NewRecorder()
	operations.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "plinth_http_requests_total") {
			fmt.Print(line)
		}
	}
	// Output:
	// plinth_http_requests_total{code="200",method="GET",route="GET /notes/{id}"} 2
	// plinth_http_requests_total{code="404",method="GET",route="unmatched"} 1
}
