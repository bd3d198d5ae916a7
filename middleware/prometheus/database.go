package prometheus

import (
	"context"
	"slices"
	"strings"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
)

var databaseNames = []string{
	"plinth_db_connections_max", "plinth_db_connections_open", "plinth_db_connections_in_use", "plinth_db_connections_idle",
	"plinth_db_waiting", "plinth_db_waits_total", "plinth_db_wait_seconds_total", "plinth_db_refused_total",
	"plinth_db_notifier_running", "plinth_db_notifier_listening", "plinth_db_notifier_behind_seconds", "plinth_db_changes_trimmed_timestamp_seconds",
	"plinth_db_reader_lag_changes", "plinth_db_reader_lag_seconds", "plinth_db_reader_moved_timestamp_seconds", "plinth_db_reader_lags_up",
}

// Database adds the metrics of a database's pools, its notifier and the readers of its
// change log. It panics if the name exists.
func (m *Metrics) Database(name string, db *store.DB) {
	m.registry.MustRegister(newDatabase(strings.ToValidUTF8(name, "?"), db))
}

// database collects the state of a database at each scrape.
type database struct {
	db    *store.DB
	descs [16]*client.Desc // as databaseNames
	lags  cached[[]changelog.Lag]
}

var databaseHelp = [...]string{
	"Connections that a pool may hold.", "Connections that a pool holds.", "Connections in use.", "Idle connections.",
	"Statements that wait for a connection.", "Waits for a connection.", "Time spent waiting for connections.", "Waits for a connection that failed.",
	"Whether the notifier of the change log runs in this process.", "Whether the notifier has its connection for signals of other processes.",
	"Time since the first commit that other processes were not notified of.", "When this process last trimmed the change log; 0 for never. One of all processes does.",
	"Changes that wait for a reader of the change log, at most 10000.", "Age of the oldest change that waits for a reader of the change log.",
	"When the position of a reader of the change log was last written.", "Whether the lags of the readers could be read.",
}

func newDatabase(name string, db *store.DB) *database {
	d := &database{db: db}
	d.lags.query = d.readerLags
	for i, metric := range databaseNames {
		var labels []string
		switch {
		case i < 8:
			labels = []string{"pool"}
		case i >= 12 && i < 15:
			labels = []string{"reader"}
		}
		d.descs[i] = client.NewDesc(metric, databaseHelp[i], labels, client.Labels{"database": name})
	}
	return d
}

// Describe implements the interface of client_golang.
func (d *database) Describe(descs chan<- *client.Desc) {
	for _, desc := range d.descs {
		descs <- desc
	}
}

// Collect implements the interface of client_golang.
func (d *database) Collect(metrics chan<- client.Metric) {
	gauge := func(i int, value float64, labels ...string) {
		metrics <- client.MustNewConstMetric(d.descs[i], client.GaugeValue, value, labels...)
	}
	stats := d.db.Stats()
	for _, p := range stats.Pools {
		for i, n := range []int{p.Max, p.Open, p.InUse, p.Idle, p.Waiting} {
			gauge(i, float64(n), p.Name)
		}
		for i, total := range []float64{float64(p.Waits), p.WaitTime.Seconds(), float64(p.Refused)} {
			metrics <- client.MustNewConstMetric(d.descs[5+i], client.CounterValue, total, p.Name)
		}
	}
	gauge(8, truth(stats.Notifier.Running))
	gauge(9, truth(stats.Notifier.Listening))
	gauge(10, stats.Notifier.Behind.Seconds())
	gauge(11, seconds(stats.Notifier.TrimmedAt))
	lags, err := d.lags.get()
	gauge(15, truth(err == nil))
	for _, lag := range lags {
		reader := strings.ToValidUTF8(lag.Name, "?")
		gauge(12, float64(lag.Changes), reader)
		gauge(13, lag.Age.Seconds(), reader)
		gauge(14, seconds(lag.MovedAt), reader)
	}
}

// readerLags queries the lags of the readers, at most maxSeries: those that are furthest
// behind.
func (d *database) readerLags(ctx context.Context) ([]changelog.Lag, error) {
	lags, err := changelog.Lags(ctx, d.db)
	if len(lags) > maxSeries {
		slices.SortFunc(lags, func(a, b changelog.Lag) int { return b.Changes - a.Changes })
		lags = lags[:maxSeries]
	}
	return lags, err
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// seconds converts a time to a Unix timestamp in seconds.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
