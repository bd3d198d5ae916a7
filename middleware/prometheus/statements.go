package prometheus

import (
	"context"
	"strings"

	client "github.com/prometheus/client_golang/prometheus"

	"github.com/seed-7694ebf6/plinth/store"
)

var statementNames = []string{"plinth_db_statement_duration_seconds", "plinth_db_statement_errors_total", "plinth_db_statement_rows_total"}

// statementDurations are the buckets of the histogram in seconds. The first is near a read
// by key.
var statementDurations = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// statements are the metrics of statements, of all databases.
type statements struct {
	duration     *client.HistogramVec
	errors, rows *client.CounterVec
	known        *keyed[statement, *statementMetrics]
}

// statement is a kind of statement.
type statement struct{ database, operation, table string }

// statementMetrics caches the metrics of a kind of statement.
type statementMetrics struct {
	statement
	duration client.Observer
	rows     client.Counter
}

func newStatements() *statements {
	labels := []string{"database", "operation", "table"}
	s := &statements{
		duration: client.NewHistogramVec(client.HistogramOpts{
			Name: statementNames[0], Help: "Time of statements, the wait for a connection included.", Buckets: statementDurations,
		}, labels),
		errors: client.NewCounterVec(client.CounterOpts{Name: statementNames[1], Help: "Statements that failed."}, append(labels, "error")),
		rows:   client.NewCounterVec(client.CounterOpts{Name: statementNames[2], Help: "Rows that statements returned or wrote."}, labels),
	}
	s.known = newKeyed(statement{other, other, other}, func(k statement) *statementMetrics {
		values := []string{k.database, k.operation, k.table}
		return &statementMetrics{k, s.duration.WithLabelValues(values...), s.rows.WithLabelValues(values...)}
	})
	return s
}

func (s *statements) collectors() []client.Collector {
	return []client.Collector{s.duration, s.errors, s.rows}
}

// Tracer returns a tracer that counts the statements of a database, for [store.Options].
// The name is the label database, as in [Metrics.Database].
func (m *Metrics) Tracer(name string) store.Tracer {
	return tracer{strings.ToValidUTF8(name, "?"), m.traced}
}

type tracer struct {
	database string
	*statements
}

// Start implements store.Tracer.
func (tracer) Start(ctx context.Context, _ store.TracedStatement) context.Context { return ctx }

// End implements store.Tracer.
func (t tracer) End(_ context.Context, s store.TracedStatement, o store.TraceOutcome) {
	m := t.known.get(statement{t.database, strings.ToValidUTF8(s.Operation, "?"), strings.ToValidUTF8(s.Table, "?")})
	m.duration.Observe(o.Duration.Seconds())
	if o.Rows > 0 {
		m.rows.Add(float64(o.Rows))
	}
	if o.Error != "" {
		t.errors.WithLabelValues(m.database, m.operation, m.table, string(o.Error)).Inc()
	}
}
