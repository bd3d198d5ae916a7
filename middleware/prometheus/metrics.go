package prometheus

import (
	"fmt"
	"net/http"
	"slices"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options tune metrics. The zero value is ready to use.
type Options struct {
	// Registry is the registry for the metrics, if the program has one. Its collectors of
	// the process stay as they are.
	//
	// Defaults to a new one with the collectors of Go and of the process.
	Registry *client.Registry

	// Route returns the route pattern of a request if neither this library nor
	// http.ServeMux has set one, for other routers. It is called after the handler. It must
	// not return paths. "" means that the request was not routed.
	//
	// Defaults to none.
	Route func(r *http.Request) string
}

// Metrics holds the metrics of a program. It is safe for concurrent use.
type Metrics struct {
	registry *client.Registry
	route    func(*http.Request) string
	requests *requests
	traced   *statements
}

// New returns metrics at zero. It fails if the registry has metrics of these names.
func New(opts Options) (*Metrics, error) {
	m := &Metrics{registry: opts.Registry, route: opts.Route, requests: newRequests(), traced: newStatements()}
	all := slices.Concat(m.requests.collectors(), m.traced.collectors())
	if m.registry == nil {
		m.registry = client.NewRegistry()
		all = append(all, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	}
	for _, one := range all {
		if err := m.registry.Register(one); err != nil {
			return nil, fmt.Errorf("prometheus: %w", err)
		}
	}
	return m, nil
}

// Handler returns the handler of the metrics endpoint. It does not authenticate, and the
// metrics reveal much about the program: serve it on a listener that only the monitoring
// can reach. It serves four scrapes at a time and answers others with 503.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, ErrorHandling: promhttp.ContinueOnError})
}

// Registry returns the registry of the metrics, to add others and to gather them.
func (m *Metrics) Registry() *client.Registry { return m.registry }

// Names returns the names of all metrics of this package, ordered. Those of histograms
// are without _bucket, _sum and _count.
func Names() []string {
	names := slices.Concat(requestNames, statementNames, databaseNames, cacheNames, jobNames, realtimeNames)
	slices.Sort(names)
	return names
}

// other is the label value for everything without a series of its own.
const other = "other"

// maxSeries is the greatest number of label combinations of a metric.
const maxSeries = 1000
