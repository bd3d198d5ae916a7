package prometheus

import (
	client "github.com/prometheus/client_golang/prometheus"

	"github.com/seed-7694ebf6/plinth/store/changelog"
)

var realtimeNames = []string{
	"plinth_realtime_sockets", "plinth_realtime_channels", "plinth_realtime_subscriptions", "plinth_realtime_classes", "plinth_realtime_lag_seconds",
	"plinth_realtime_changes_total", "plinth_realtime_delay_seconds_total", "plinth_realtime_dropped_total", "plinth_realtime_lost_total", "plinth_realtime_broadcasts_total",
}

var realtimeHelp = [...]string{
	"Open sockets.", "Channels of sockets.", "Subscriptions to tables.", "Groups of subscriptions that share the judgment of changes.",
	"Age of the oldest change that is not delivered to all subscribers.",
	"Changes delivered.", "Sum of the times between the write of a change and its delivery.", "Subscriptions and sockets of clients that were too slow.",
	"Subscriptions that have to read their list again.", "Broadcasts, once for each member.",
}

// Realtime adds the metrics of a realtime.Hub, given its Stats method. A program has one; it
// panics for a second.
func (m *Metrics) Realtime(stats func() changelog.SubscriberStats) {
	c := &hub{stats: stats}
	for i, metric := range realtimeNames {
		c.descs[i] = client.NewDesc(metric, realtimeHelp[i], nil, nil)
	}
	m.registry.MustRegister(c)
}

// hub collects the figures of a hub at each scrape.
type hub struct {
	stats func() changelog.SubscriberStats
	descs [10]*client.Desc
}

// Describe implements the interface of client_golang.
func (c *hub) Describe(descs chan<- *client.Desc) {
	for _, desc := range c.descs {
		descs <- desc
	}
}

// Collect implements the interface of client_golang.
func (c *hub) Collect(metrics chan<- client.Metric) {
	s := c.stats()
	for i, value := range []float64{float64(s.Sockets), float64(s.Channels), float64(s.Subscriptions), float64(s.Classes), s.Lag.Seconds()} {
		metrics <- client.MustNewConstMetric(c.descs[i], client.GaugeValue, value)
	}
	for i, total := range []float64{float64(s.Changes), s.Delay.Seconds(), float64(s.Dropped), float64(s.Lost), float64(s.Broadcasts)} {
		metrics <- client.MustNewConstMetric(c.descs[5+i], client.CounterValue, total)
	}
}
