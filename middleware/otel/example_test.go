package otel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/seed-7694ebf6/plinth/cache/memory"
	"github.com/seed-7694ebf6/plinth/middleware/otel"
)

func ExampleNew() {
	recorded := tracetest.NewSpanRecorder() // an exporter in a program
	provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(recorded))
	spans := otel.New(provider, otel.Options{})

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

// Spans of a cache are inside of those of requests that are recorded.
func ExampleCache() {
	recorded := tracetest.NewSpanRecorder()
	provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(recorded))
	spans := otel.New(provider, otel.Options{})
	kept, err := memory.New(memory.Options[string, string]{Size: 100})
	if err != nil {
		panic(err)
	}
	authors := otel.Cache(spans, "memory", "authors", kept)

	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _, _ = authors.Get(r.Context(), "a")
	})
	spans.Middleware(handler).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))

	for _, span := range recorded.Ended() {
		fmt.Println(span.Name())
	}
	// Output:
	// get authors
	// GET
}

// What a miss costs is a span of its own.
func ExampleLoad() {
	recorded := tracetest.NewSpanRecorder()
	provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(recorded))
	spans := otel.New(provider, otel.Options{})
	load := otel.Load(spans, "author", func(_ context.Context, id int) (string, error) {
		return fmt.Sprint("author ", id), nil
	})

	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(load(r.Context(), 7))
	})
	spans.Middleware(handler).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))

	for _, span := range recorded.Ended() {
		fmt.Println(span.Name())
	}
	// Output:
	// author 7 <nil>
	// load author
	// GET
}
