package otel_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// receiver takes spans by OTLP over HTTP, as a collector does.
type receiver struct {
	t        *testing.T
	provider *sdk.TracerProvider

	mu    sync.Mutex
	spans []*traces.Span
	raw   []byte // all that has come, as text
}

// receive starts a receiver, and a provider that sends spans there. A sampler of nil takes
// all.
func receive(t *testing.T, sampler sdk.Sampler) *receiver {
	t.Helper()
	rc := &receiver{t: t}
	server := httptest.NewServer(rc)
	t.Cleanup(server.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(server.URL+"/v1/traces"), otlptracehttp.WithCompression(otlptracehttp.GzipCompression),
		otlptracehttp.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		t.Fatal(err)
	}
	if sampler == nil {
		sampler = sdk.AlwaysSample()
	}
	rc.provider = sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithSampler(sampler), sdk.WithResource(resource.Empty()))
	t.Cleanup(func() { _ = rc.provider.Shutdown(context.Background()) })
	return rc
}

// ServeHTTP implements the receiving side (OTLP 1.x, OTLP/HTTP).
func (rc *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			rc.t.Error(err)
			return
		}
		body = unpacked
	}
	message, err := io.ReadAll(body)
	var request collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(message, &request)
	}
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-protobuf" {
		rc.t.Errorf("%s, %s: %v", r.Method, r.Header.Get("Content-Type"), err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	rc.mu.Lock()
	defer rc.mu.Unlock()
	rc.raw = append(rc.raw, protojson.Format(&request)...)
	for _, of := range request.GetResourceSpans() {
		for _, in := range of.GetScopeSpans() {
			rc.spans = append(rc.spans, in.GetSpans()...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// all returns what has come by now.
func (rc *receiver) all() []*traces.Span {
	rc.t.Helper()
	if err := rc.provider.ForceFlush(rc.t.Context()); err != nil {
		rc.t.Fatal(err)
	}
	rc.mu.Lock()
	defer rc.mu.Unlock()
	return rc.spans
}

// one returns the only span of a name.
func (rc *receiver) one(name string) *traces.Span {
	rc.t.Helper()
	var found *traces.Span
	var names []string
	for _, s := range rc.all() {
		names = append(names, s.GetName())
		if s.GetName() == name {
			found = s
		}
	}
	if found == nil {
		rc.t.Fatalf("there is no %q in %q", name, names)
	}
	return found
}

// attributes are those of a span as text, integers and truth values included.
func attributes(s *traces.Span) map[string]string {
	out := map[string]string{}
	for _, a := range s.GetAttributes() {
		switch v := a.GetValue(); {
		case v.GetStringValue() != "":
			out[a.GetKey()] = v.GetStringValue()
		default:
			out[a.GetKey()] = v.String()
		}
	}
	return out
}

// must returns a value, and panics if err is not nil.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
