package prometheus_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/seed-7694ebf6/plinth/middleware/prometheus"
)

// read reads the metrics as Prometheus would.
func read(t *testing.T, m *prometheus.Metrics) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// values returns the values of a metric by its labels, written "a=1,b=2". That of a
// histogram is how often something was observed.
func values(t *testing.T, m *prometheus.Metrics, name string) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, metric := range read(t, m)[name].GetMetric() {
		var labels []string
		for _, l := range metric.GetLabel() {
			labels = append(labels, l.GetName()+"="+l.GetValue())
		}
		value := metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		out[strings.Join(labels, ",")] = value
	}
	return out
}

// sum returns what a histogram has observed in all.
func sum(t *testing.T, m *prometheus.Metrics, name string) (total float64) {
	t.Helper()
	for _, metric := range read(t, m)[name].GetMetric() {
		total += metric.GetHistogram().GetSampleSum()
	}
	return total
}

// must returns a value, and panics if err is not nil.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
