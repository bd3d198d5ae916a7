package reqinfo_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestInsideOut: what a handler finds out is seen by who called it, however many
// contexts are between them.
func TestInsideOut(t *testing.T) {
	t.Parallel()
	type key struct{}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r = r.WithContext(context.WithValue(r.Context(), key{}, "outer"))

	begun, record := reqinfo.Begin(r)
	again, same := reqinfo.Begin(begun)
	if again != begun || same != record {
		t.Error("a second Begin makes another record")
	}
	ctx, cancel := context.WithTimeout(context.WithValue(begun.Context(), key{}, "inner"), time.Hour)
	defer cancel()
	inside := reqinfo.From(ctx)
	inside.SetID("id")
	inside.SetRoute("GET /notes")
	inside.SetPrincipal("user", "ann")
	inside.SetClientAddress(netip.MustParseAddr("192.0.2.1"))

	if got := record.ID(); got != "id" {
		t.Errorf("ID() = %q", got)
	}
	if got := record.Route(); got != "GET /notes" {
		t.Errorf("Route() = %q", got)
	}
	if kind, id := record.Principal(); kind != "user" || id != "ann" {
		t.Errorf("Principal() = %q, %q", kind, id)
	}
	if at, judged := record.ClientAddress(); !judged || at.String() != "192.0.2.1" {
		t.Errorf("ClientAddress() = %v, %t", at, judged)
	}
	if got := begun.Context().Value(key{}); got != "outer" {
		t.Errorf("the values of the context before are gone: %v", got)
	}
	if reqinfo.From(r.Context()) != nil {
		t.Error("the request before has a record")
	}
}

// TestCancellation: a context derived from that of a record ends with the request.
func TestCancellation(t *testing.T) {
	t.Parallel()
	outer, end := context.WithCancel(t.Context())
	r, _ := reqinfo.Begin(httptest.NewRequest(http.MethodGet, "/", nil).WithContext(outer))
	inner, cancel := context.WithCancel(r.Context())
	defer cancel()
	end()
	<-inner.Done()
}

// TestNil: without a record everything is unknown and nothing fails.
func TestNil(t *testing.T) {
	t.Parallel()
	record := reqinfo.From(t.Context())
	record.SetID("id")
	record.SetRoute("r")
	record.SetPrincipal("user", "ann")
	record.SetClientAddress(netip.MustParseAddr("192.0.2.1"))
	kind, id := record.Principal()
	at, judged := record.ClientAddress()
	if record.ID() != "" || record.Route() != "" || kind != "" || id != "" || at.IsValid() || judged {
		t.Errorf("a nil record knows something: %+v", record)
	}
}

func TestMethod(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{"GET": "GET", "": "GET", "TRACE": "TRACE", "get": "", "UNHEARD": ""} {
		if got := reqinfo.Method(&http.Request{Method: method}); got != want {
			t.Errorf("%q: %q, want %q", method, got, want)
		}
	}
}
