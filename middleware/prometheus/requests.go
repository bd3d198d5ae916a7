package prometheus

import (
	"cmp"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	client "github.com/prometheus/client_golang/prometheus"

	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/internal/respwriter"
)

var requestNames = []string{
	"plinth_http_requests_total", "plinth_http_request_duration_seconds", "plinth_http_request_size_bytes", "plinth_http_response_size_bytes",
	"plinth_http_requests_in_flight",
}

// Buckets of the histograms. They range from a fast read to the longest request of the
// server.
var (
	durations = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	sizes     = []float64{100, 1000, 10_000, 100_000, 1_000_000, 10_000_000}
)

// requests are the metrics of requests.
type requests struct {
	total                *client.CounterVec
	duration, read, sent *client.HistogramVec
	inFlight             client.Gauge
	known                *keyed[endpoint, *endpointMetrics]
}

// endpoint is a method on a route.
type endpoint struct{ method, route string }

// endpointMetrics caches the metrics of an endpoint.
type endpointMetrics struct {
	endpoint
	duration, read, sent client.Observer
	codes                [len(statuses) + 1]atomic.Pointer[client.Counter]
}

func newRequests() *requests {
	histogram := func(name, help string, buckets []float64) *client.HistogramVec {
		return client.NewHistogramVec(client.HistogramOpts{Name: name, Help: help, Buckets: buckets}, []string{"method", "route"})
	}
	q := &requests{
		total:    client.NewCounterVec(client.CounterOpts{Name: requestNames[0], Help: "Requests that were served."}, []string{"method", "route", "code"}),
		duration: histogram(requestNames[1], "Time until the handler of a request was done.", durations),
		read:     histogram(requestNames[2], "Size of the bodies of requests.", sizes),
		sent:     histogram(requestNames[3], "Size of the bodies of answers.", sizes),
		inFlight: client.NewGauge(client.GaugeOpts{Name: requestNames[4], Help: "Requests that are being served."}),
	}
	q.known = newKeyed(endpoint{other, other}, func(e endpoint) *endpointMetrics {
		return &endpointMetrics{
			endpoint: e,
			duration: q.duration.WithLabelValues(e.method, e.route), read: q.read.WithLabelValues(e.method, e.route), sent: q.sent.WithLabelValues(e.method, e.route),
		}
	})
	return q
}

func (q *requests) collectors() []client.Collector {
	return []client.Collector{q.total, q.duration, q.read, q.sent, q.inFlight}
}

// counter returns the request counter of an endpoint and a status.
func (q *requests) counter(m *endpointMetrics, status int) client.Counter {
	slot, code := slotOf(status)
	if c := m.codes[slot].Load(); c != nil {
		return *c
	}
	c := q.total.WithLabelValues(m.method, m.route, code)
	m.codes[slot].Store(&c)
	return c
}

// Middleware counts the requests that a handler serves.
func (m *Metrics) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, record := reqinfo.Begin(r)
		rw := respwriter.Observe(w)
		r, body := countBody(r)
		defer reqinfo.NoteRoute(r)
		m.requests.inFlight.Inc()
		began, done := time.Now(), false
		defer func() {
			took := time.Since(began)
			m.requests.inFlight.Dec()
			e := m.requests.known.get(endpoint{methodOf(r), m.routeOf(r, record)})
			status := rw.Outcome(r, done)
			m.requests.counter(e, status).Inc()
			if status != http.StatusSwitchingProtocols && rw.Conn() == nil && !record.Lasts() {
				e.duration.Observe(took.Seconds())
			}
			e.read.Observe(float64(readOf(r, body)))
			if r.Method != http.MethodHead {
				e.sent.Observe(float64(rw.Bytes()))
			}
		}()
		next.ServeHTTP(rw, r)
		done = true
	})
}

// routeOf returns the value of the route label.
func (m *Metrics) routeOf(r *http.Request, record *reqinfo.Record) string {
	route := cmp.Or(record.Route(), r.Pattern)
	if route == "" && m.route != nil {
		route = m.route(r)
	}
	if route == "" {
		return "unmatched"
	}
	return strings.ToValidUTF8(route, "?") // another label would make client_golang panic
}

// methodOf returns a method of HTTP, or other.
func methodOf(r *http.Request) string { return cmp.Or(reqinfo.Method(r), other) }

// counted counts the bytes read of a body.
type counted struct {
	io.ReadCloser
	n int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.n += int64(n)
	return n, err
}

// believed is the greatest Content-Length that is counted without reading. A larger one
// could be false and would distort the sum.
const believed = 64 << 10

// countBody returns the request with a counting body, if its Content-Length is absent or
// large.
func countBody(r *http.Request) (*http.Request, *counted) {
	if r.Body == nil || r.ContentLength >= 0 && r.ContentLength <= believed {
		return r, nil
	}
	changed := new(http.Request)
	*changed = *r
	body := &counted{ReadCloser: r.Body}
	changed.Body = body
	return changed, body
}

func readOf(r *http.Request, body *counted) int64 {
	if body != nil {
		return body.n
	}
	return max(r.ContentLength, 0)
}

// statuses are the statuses with a series of their own.
var statuses = [...]int{
	101, 200, 201, 202, 203, 204, 205, 206, 207, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414,
	415, 416, 417, 418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 507, 511,
}

// slots maps a status to its index in statuses plus one; 0 is for others.
var slots = func() (table [600]uint8) {
	for i, status := range statuses {
		table[status] = uint8(i + 1)
	}
	return table
}()

func slotOf(status int) (slot int, code string) {
	if status < 0 || status >= len(slots) || slots[status] == 0 {
		return 0, other
	}
	return int(slots[status]), strconv.Itoa(status)
}
