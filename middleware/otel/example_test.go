package otel_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/seed-7694ebf6/plinth/middleware/otel"
)

func ExampleNew() {
	recorded := tracetest.NewSpanRecorder() // an exporter in a program
	provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(recorded))
	spans, err := otel.New(provider, otel.Options{})
	if err != nil {
		log.Fatal(err)
	}

	mux := http.NewServeMux()
	mux.HandleFunc("/notes/{id}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })
	spans.Middleware(mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/notes/7?token=secret", nil))

	for _, span := range recorded.Ended() {
		fmt.Println(span.Name())
		for _, a := range span.Attributes() {
			fmt.Println(a.Key, a.Value.String())
		}
	}
	// Output:
	// GET /notes/{id}
	// http.request.method GET
	// url.path /notes/7
	// url.scheme http
	// network.protocol.version 1.1
	// http.route /notes/{id}
	// http.response.status_code 200
}
