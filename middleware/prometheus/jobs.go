package prometheus

import (
	client "github.com/prometheus/client_golang/prometheus"

	"github.com/seed-7694ebf6/plinth/store/jobs"
)

var jobNames = []string{
	"plinth_jobs_due", "plinth_jobs_oldest_due_seconds", "plinth_jobs_running", "plinth_jobs_dead", "plinth_jobs_paused", "plinth_jobs_failures_total",
}

var jobHelp = [...]string{
	"Jobs that are due and wait, at most 10000.", "Time for which the oldest of them has been due.", "Jobs that run.",
	"Jobs that failed for good, at most 10000.", "Whether the queue is paused.", "Failed attempts of this process.",
}

// Jobs adds the metrics of the queues of jobs. A program has one; it panics for a second.
func (m *Metrics) Jobs(js *jobs.Jobs) {
	c := &queues{stats: cached[[]jobs.QueueStats]{query: js.Stats}}
	for i, metric := range jobNames {
		c.descs[i] = client.NewDesc(metric, jobHelp[i], []string{"queue"}, nil)
	}
	m.registry.MustRegister(c)
}

// queues collects the figures of queues at each scrape.
type queues struct {
	descs [6]*client.Desc
	stats cached[[]jobs.QueueStats]
}

// Describe implements the interface of client_golang.
func (c *queues) Describe(descs chan<- *client.Desc) {
	for _, desc := range c.descs {
		descs <- desc
	}
}

// Collect implements the interface of client_golang. Without the database there are no
// metrics of queues.
func (c *queues) Collect(metrics chan<- client.Metric) {
	stats, _ := c.stats.get() // missing metrics show the failure
	for _, s := range stats {
		for i, value := range []float64{float64(s.Due), s.Age.Seconds(), float64(s.Running), float64(s.Dead), truth(s.Paused)} {
			metrics <- client.MustNewConstMetric(c.descs[i], client.GaugeValue, value, s.Name)
		}
		metrics <- client.MustNewConstMetric(c.descs[5], client.CounterValue, float64(s.Failures), s.Name)
	}
}
