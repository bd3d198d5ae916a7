package prometheus

import (
	"strings"

	client "github.com/prometheus/client_golang/prometheus"

	"github.com/seed-7694ebf6/plinth/cache"
)

var cacheNames = []string{
	"plinth_cache_hits_total", "plinth_cache_misses_total", "plinth_cache_loads_total", "plinth_cache_load_errors_total",
	"plinth_cache_refreshes_total", "plinth_cache_stale_total", "plinth_cache_errors_total",
}

var cacheHelp = [...]string{
	"Values from the cache.", "Values that were not in the cache.", "Calls of the load function.", "Calls of the load function that failed.",
	"Loads in the background.", "Stale values returned because a load failed.", "Failures of the cache.",
}

// Cache adds the metrics of a cache.Loader, given its Stats method. It panics if the name
// exists.
func (m *Metrics) Cache(name string, stats func() cache.Stats) {
	c := &loader{stats: stats}
	for i, metric := range cacheNames {
		c.descs[i] = client.NewDesc(metric, cacheHelp[i], nil, client.Labels{"cache": strings.ToValidUTF8(name, "?")})
	}
	m.registry.MustRegister(c)
}

// loader collects the stats of a loader at each scrape.
type loader struct {
	stats func() cache.Stats
	descs [7]*client.Desc
}

// Describe implements the interface of client_golang.
func (c *loader) Describe(descs chan<- *client.Desc) {
	for _, desc := range c.descs {
		descs <- desc
	}
}

// Collect implements the interface of client_golang.
func (c *loader) Collect(metrics chan<- client.Metric) {
	s := c.stats()
	for i, total := range []uint64{s.Hits, s.Misses, s.Loads, s.LoadErrors, s.Refreshes, s.Stale, s.Errors} {
		metrics <- client.MustNewConstMetric(c.descs[i], client.CounterValue, float64(total))
	}
}
