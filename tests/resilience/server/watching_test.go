package server_test

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
	"github.com/seed-7694ebf6/plinth/middleware/prometheus"
)

// TestOverloadHasItsOwnMetrics: in metrics and in the log, a 503 of an overload has no route,
// because the request was refused before it was routed. A 503 of the database or of a probe
// has one.
func TestOverloadHasItsOwnMetrics(t *testing.T) {
	t.Parallel()
	metrics, lines := must(prometheus.New(prometheus.Options{})), new(apptest.Log)
	config := apptest.Served(t)
	config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}
	config.Logger = slog.New(slog.NewJSONHandler(lines, nil))
	config.MaxRequests = 1
	config.Middleware = append(config.Middleware, metrics.Middleware)
	app := apptest.New(t, config)
	app.Add(api.Resource[apptest.Task]{Policy: api.Policy{Read: api.Anyone()}})
	held, release := make(chan struct{}), make(chan struct{})
	app.Router().Get("/hold", func(http.ResponseWriter, *http.Request) {
		close(held)
		<-release
	})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		apptest.Ask(t, handler, http.MethodGet, "/hold", "203.0.113.1")
	}()
	<-held
	for i := range 2 {
		if w := apptest.Ask(t, handler, http.MethodGet, "/rest/v1/tasks", fmt.Sprint("203.0.113.", 2+i)); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	close(release)
	<-done
	if err := app.DB().Close(); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/rest/v1/tasks", "/readyz", "/livez", "/nowhere"} {
		apptest.Ask(t, handler, http.MethodGet, target, "203.0.113.1")
	}
	families, err := metrics.Registry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			labels := map[string]string{}
			for _, label := range metric.GetLabel() {
				labels[label.GetName()] = label.GetValue()
			}
			if family.GetName() == "plinth_http_requests_total" {
				counted[labels["route"]+" "+labels["code"]] = metric.GetCounter().GetValue()
			}
		}
	}
	if want := map[string]float64{
		"/hold 200": 1, "unmatched 503": 2, "/rest/v1/tasks 503": 1, "/readyz 503": 1, "/livez 200": 1, "unmatched 404": 1,
	}; !maps.Equal(counted, want) {
		t.Errorf("counted %v, want %v", counted, want)
	}
	logged, refused := map[string]int{}, 0.0
	for _, line := range lines.Taken(t) {
		if line["status"] == 503.0 && line["duration_ms"] != nil {
			logged[fmt.Sprint(line["path"], " ", line["route"])]++
		}
		if n, ok := line["refused"].(float64); ok {
			refused += n
		}
	}
	if want := map[string]int{"/rest/v1/tasks <nil>": 2, "/rest/v1/tasks /rest/v1/tasks": 1, "/readyz /readyz": 1}; !maps.Equal(logged, want) || refused < 1 {
		t.Errorf("logged %v and %v refused, want %v", logged, refused, want)
	}
}
