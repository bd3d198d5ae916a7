package otel_test

import (
	"context"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/middleware/otel"
)

func routed() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/notes/{id}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "note") })
	mux.HandleFunc("/rows/", func(w http.ResponseWriter, r *http.Request) {
		reqinfo.From(r.Context()).SetRoute("/rows/{table}")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("at first") })
	mux.HandleFunc("/gone", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	return mux
}

func send(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	defer func() { _ = recover() }()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func get(path string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func TestRequests(t *testing.T) {
	t.Parallel()
	rc := receive(t, nil)
	h := must(otel.New(rc.provider, otel.Options{})).Middleware(routed())
	send(h, get("/notes/7?token=secret-in-query", "Authorization", "Bearer secret-in-header", "Cookie", "a=secret-in-cookie", "Baggage", "user=secret-in-baggage"))
	send(h, get("/rows/notes"))
	send(h, get("/nothing"))
	send(h, get("/panic"))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	send(h, get("/gone").WithContext(gone))
	brew := get("/notes/8")
	brew.Method = "BREW"
	send(h, brew)

	base := map[string]string{"http.request.method": "GET", "url.scheme": "http", "network.protocol.version": "1.1"}
	for name, want := range map[string]map[string]string{
		"GET /notes/{id}":    {"url.path": "/notes/7", "http.route": "/notes/{id}", "http.response.status_code": "int_value:200"},
		"GET /rows/{table}":  {"url.path": "/rows/notes", "http.route": "/rows/{table}", "http.response.status_code": "int_value:503", "error.type": "503"},
		"GET":                {"url.path": "/nothing", "http.response.status_code": "int_value:404"},
		"GET /panic":         {"url.path": "/panic", "http.route": "/panic", "http.response.status_code": "int_value:500", "error.type": "500"},
		"GET /gone":          {"url.path": "/gone", "http.route": "/gone", "http.response.status_code": "int_value:499"},
		"_OTHER /notes/{id}": {"url.path": "/notes/8", "http.route": "/notes/{id}", "http.response.status_code": "int_value:200", "http.request.method": "_OTHER"},
	} {
		s := rc.one(name)
		all := maps.Clone(base)
		maps.Copy(all, want)
		if got := attributes(s); !maps.Equal(got, all) {
			t.Errorf("%s: %v\nwant %v", name, got, all)
		}
		failed := s.GetStatus().GetCode() == traces.Status_STATUS_CODE_ERROR
		if s.GetKind() != traces.Span_SPAN_KIND_SERVER || failed != (want["error.type"] != "") || s.GetEndTimeUnixNano() < s.GetStartTimeUnixNano() {
			t.Errorf("%s: %v", name, s)
		}
	}
	if raw := string(rc.raw); strings.Contains(raw, "secret") {
		t.Errorf("a secret is in %s", raw)
	}
}

const (
	theirTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	theirSpan  = "00f067aa0ba902b7"
)

// TestTrust: strangers decide neither which trace a request belongs to nor whether it is
// recorded.
func TestTrust(t *testing.T) {
	t.Parallel()
	gateway := func(r *http.Request) bool { return r.Header.Get("X-Gateway") != "" }
	tests := []struct {
		name      string
		sampler   sdk.Sampler
		parent    string
		trusted   bool
		recorded  bool
		continued bool
	}{
		{"StrangerRecords", sdk.ParentBased(sdk.NeverSample()), "00-" + theirTrace + "-" + theirSpan + "-01", false, false, false},
		{"StrangerHides", sdk.ParentBased(sdk.AlwaysSample()), "00-" + theirTrace + "-" + theirSpan + "-00", false, true, false},
		{"GatewayRecords", sdk.ParentBased(sdk.NeverSample()), "00-" + theirTrace + "-" + theirSpan + "-01", true, true, true},
		{"GatewayHides", sdk.ParentBased(sdk.AlwaysSample()), "00-" + theirTrace + "-" + theirSpan + "-00", true, false, true},
		{"GatewaySaysNothing", sdk.ParentBased(sdk.AlwaysSample()), "", true, true, false},
		{"Garbage", sdk.ParentBased(sdk.AlwaysSample()), "00-" + strings.Repeat("0", 32) + "-" + theirSpan + "-01", true, true, false},
		{"Long", sdk.ParentBased(sdk.AlwaysSample()), strings.Repeat("0", 64<<10), true, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rc := receive(t, tt.sampler)
			var within trace.SpanContext
			h := must(otel.New(rc.provider, otel.Options{Trust: gateway})).Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				within = trace.SpanContextFromContext(r.Context())
			}))
			r := get("/", "Traceparent", tt.parent, "Tracestate", "them=1")
			if tt.trusted {
				r.Header.Set("X-Gateway", "1")
			}
			send(h, r)
			spans := rc.all()
			if (len(spans) == 1) != tt.recorded || within.IsSampled() != tt.recorded || (within.TraceID().String() == theirTrace) != tt.continued {
				t.Fatalf("%d spans, inside %v", len(spans), within)
			}
			if !tt.recorded {
				return
			}
			s := spans[0]
			if got := hex.EncodeToString(s.GetParentSpanId()) == theirSpan; got != tt.continued {
				t.Errorf("parent %x", s.GetParentSpanId())
			}
			linked := len(s.GetLinks()) == 1 && hex.EncodeToString(s.GetLinks()[0].GetTraceId()) == theirTrace
			if want := !tt.trusted; linked != want {
				t.Errorf("links %v", s.GetLinks())
			}
		})
	}
}

// TestUntrustedTraceState: the trace state of an untrusted client is dropped, from the link and
// from the span. What OTLP sends has no state of links, other exporters may.
func TestUntrustedTraceState(t *testing.T) {
	t.Parallel()
	for trusted, want := range map[bool]string{false: "", true: "them=1"} {
		spans := tracetest.NewSpanRecorder()
		provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(spans))
		trust := func(*http.Request) bool { return trusted }
		send(must(otel.New(provider, otel.Options{Trust: trust})).Middleware(routed()), get("/notes/7", "Traceparent", "00-"+theirTrace+"-"+theirSpan+"-01", "Tracestate", "them=1"))
		if n := len(spans.Ended()); n != 1 {
			t.Fatalf("%d spans", n)
		}
		s := spans.Ended()[0]
		if got := s.SpanContext().TraceState().String(); got != want {
			t.Errorf("trusted %t: our state is %q, want %q", trusted, got, want)
		}
		if (len(s.Links()) == 1) == trusted {
			t.Errorf("trusted %t: links %v", trusted, s.Links())
		}
		for _, link := range s.Links() {
			if got := link.SpanContext.TraceState().String(); got != "" || link.SpanContext.TraceID().String() != theirTrace {
				t.Errorf("the state of the link to %s is %q", link.SpanContext.TraceID(), got)
			}
		}
	}
}

func TestProviderIsRequired(t *testing.T) {
	t.Parallel()
	if _, err := otel.New(nil, otel.Options{}); err == nil {
		t.Error("there is no provider")
	}
}

// FuzzTraceparent: whatever a stranger names, the trace is ours.
func FuzzTraceparent(f *testing.F) {
	provider := sdk.NewTracerProvider(sdk.WithSampler(sdk.ParentBased(sdk.NeverSample())))
	f.Add("00-"+theirTrace+"-"+theirSpan+"-01", "them=1")
	f.Add("ff-", "")
	f.Fuzz(func(t *testing.T, parent, state string) {
		h := must(otel.New(provider, otel.Options{})).Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if within := trace.SpanContextFromContext(r.Context()); within.IsSampled() || within.IsRemote() || strings.Contains(parent, within.TraceID().String()) {
				t.Errorf("%q makes %v", parent, within)
			}
		}))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header["Traceparent"], r.Header["Tracestate"] = []string{parent}, []string{state}
		h.ServeHTTP(httptest.NewRecorder(), r)
	})
}

func BenchmarkMiddleware(b *testing.B) {
	for name, sampler := range map[string]sdk.Sampler{"never": sdk.NeverSample(), "always": sdk.AlwaysSample()} {
		b.Run(name, func(b *testing.B) {
			provider := sdk.NewTracerProvider(sdk.WithSampler(sampler))
			h := must(otel.New(provider, otel.Options{})).Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}

// TestRequestsKeepRoute: what http.ServeMux has found reaches who stands outside, recorded
// or not.
func TestRequestsKeepRoute(t *testing.T) {
	t.Parallel()
	for _, sampler := range []sdk.Sampler{sdk.NeverSample(), sdk.AlwaysSample()} {
		provider := sdk.NewTracerProvider(sdk.WithSampler(sampler))
		for _, path := range []string{"/notes/7", "/panic"} {
			r, record := reqinfo.Begin(get(path))
			send(must(otel.New(provider, otel.Options{})).Middleware(routed()), r)
			if want := map[string]string{"/notes/7": "/notes/{id}", "/panic": "/panic"}[path]; record.Route() != want {
				t.Errorf("%s, %s: the route is %q", sampler.Description(), path, record.Route())
			}
		}
	}
}
