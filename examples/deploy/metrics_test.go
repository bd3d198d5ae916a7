package deploy_test

import (
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/middleware/prometheus"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

var metricPattern = regexp.MustCompile(`\b(plinth|go|process|up)(_[a-z0-9_]+)?\b`)

// TestMetricsExist: what the dashboard and the alerts ask for is what the application tells.
func TestMetricsExist(t *testing.T) {
	t.Parallel()
	panels, variables := expressions(t)
	texts := slices.Concat(panels, variables, regexp.MustCompile(`(?s)expr: .*?(?:labels|for):`).FindAllString(read(t, "prometheus/rules.yml"), -1))
	known := append(prometheus.Names(), "up") // which Prometheus itself adds
	metrics, err := prometheus.New(prometheus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	families, err := metrics.Registry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		known = append(known, family.GetName())
	}
	asked := map[string]bool{}
	for _, text := range texts {
		for _, name := range metricPattern.FindAllString(text, -1) {
			asked[name] = true
		}
	}
	if len(asked) < 15 {
		t.Fatalf("only %d metrics are asked for, which this test does not believe", len(asked))
	}
	for name := range asked {
		base := name
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			base = strings.TrimSuffix(base, suffix)
		}
		if !slices.Contains(known, name) && !slices.Contains(known, base) {
			t.Errorf("nobody tells %s", name)
		}
	}
}

// TestOperatorsAddress: the application tells its metrics to operators, under the patterns of its routes, and to nobody else.
func TestOperatorsAddress(t *testing.T) {
	t.Parallel()
	env := append(production(pgtest.URL(t)), "PLINTH_DRAIN_DELAY=0s")
	if out, err := runApp(t, env, "migrate", "up"); err != nil {
		t.Fatalf("migrate up: %v\n%s", err, out)
	}
	public, operators := startWithOperators(t, env)
	if err := sendNoteTo(t.Context(), "http://"+public, "Bearer "+token(store.NewID()), http.MethodPost); err != nil {
		t.Fatal(err)
	}
	told := fetch(t, "http://"+operators+"/metrics", http.StatusOK)
	for _, line := range []string{
		`plinth_http_requests_total{code="201",method="POST",route="/rest/v1/`, `plinth_db_connections_max{database="main"`,
		`plinth_db_statement_duration_seconds_count{database="main",operation="insert",table="notes"}`,
	} {
		if !strings.Contains(told, line) {
			t.Errorf("operators are not told %s:\n%.3000s", line, told)
		}
	}
	for _, name := range prometheus.Names() {
		if strings.HasPrefix(name, "plinth_http_") && !strings.Contains(told, name) {
			t.Errorf("operators are not told %s", name)
		}
	}
	fetch(t, "http://"+public+"/metrics", http.StatusNotFound)
	fetch(t, "http://"+operators+"/readyz", http.StatusOK)
}

// fetch asks for a page and wants a status.
func fetch(t *testing.T, target string, want int) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil || res.StatusCode != want {
		t.Errorf("%s: %d %s, %v", target, res.StatusCode, body, err)
	}
	return string(body)
}
