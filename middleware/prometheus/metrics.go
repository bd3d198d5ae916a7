package prometheus

import (
	"net/http"
	"slices"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options tune metrics. The zero value is ready to use.
type Options struct {
	// Registry takes the metrics, for programs that have others of their own in it. It
	// then has the collectors of the process that it has.
	//
	// Defaults to a new one with those of Go and of the process.
	Registry *client.Registry

	// Route names the pattern of a request where neither this library nor
	// http.ServeMux has told one, as other routers know it. It is asked when the
	// handler is done, and must not return paths. "" is for a request that was not
	// routed.
	//
	// Defaults to none.
	Route func(r *http.Request) string
}

// Metrics counts. It is safe for concurrent use.
type Metrics struct {
	registry *client.Registry
	route    func(*http.Request) string
	requests *requests
	traced   *statements
}

// New returns metrics at zero. It panics if the registry has metrics of these names.
func New(opts Options) *Metrics {
	m := &Metrics{registry: opts.Registry, route: opts.Route, requests: newRequests(), traced: newStatements()}
	if m.registry == nil {
		m.registry = client.NewRegistry()
		m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	}
	m.registry.MustRegister(m.requests.collectors()...)
	m.registry.MustRegister(m.traced.collectors()...)
	return m
}

// Handler returns what Prometheus reads. It tells much about the program and asks nobody
// who they are, so it belongs on a listener of its own that only the monitoring reaches.
// Four readings at a time are answered, further ones are 503.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, ErrorHandling: promhttp.ContinueOnError})
}

// Registry returns where the metrics are, to add others and to read them.
func (m *Metrics) Registry() *client.Registry { return m.registry }

// Names returns the names of all metrics of this package, ordered. Those of histograms
// are without _bucket, _sum and _count.
func Names() []string {
	names := slices.Concat(requestNames, statementNames, databaseNames, cacheNames)
	slices.Sort(names)
	return names
}

// other stands for all values of a label that have none of their own.
const other = "other"

// maxSeries bounds what labels multiply to.
const maxSeries = 1000
