// Package prometheus counts requests, statements and caches for Prometheus, by
// github.com/prometheus/client_golang.
//
//	metrics, err := prometheus.New(prometheus.Options{})
//	db, err := sqlite.Open(ctx, "notes.db", &sqlite.Options{Store: store.Options{Tracers: []store.Tracer{metrics.Tracer("main")}}})
//	...
//	metrics.Database("main", db)
//	metrics.Cache("authors", authors.Stats)
//	metrics.Jobs(app.Jobs())
//	metrics.Realtime(app.Realtime().Stats)
//	go http.Serve(operations, metrics.Handler())  // a listener that clients cannot reach
//	http.Serve(listener, metrics.Middleware(handler))
//
// There is no global registry. [New] makes one, unless Options.Registry is set.
//
// # Access
//
// [Metrics.Handler] shows which routes exist, how busy they are and how the database is
// doing, without authentication. Serve it on a listener that only the monitoring can reach,
// never on the public one.
//
// # Requests
//
// Put the middleware outside of everything else, so that it counts rejected requests too.
// Every request is counted once, when its handler has returned.
//
//	plinth_http_requests_total            counter    method, route, code
//	plinth_http_request_duration_seconds  histogram  method, route
//	plinth_http_request_size_bytes        histogram  method, route
//	plinth_http_response_size_bytes       histogram  method, route
//	plinth_http_requests_in_flight        gauge
//
// The route is the pattern set by middleware.SetRoute or http.ServeMux, or "unmatched". It
// is never a path, which clients choose. The pattern of http.ServeMux is missing if
// middleware outside this library copies the request in between. A request that is rejected
// before routing is "unmatched" too. In a plinth.App, 503 responses that are "unmatched"
// are requests that got no slot (middleware.Admission) or exceeded the limit of long-lived
// requests; 503 responses with a route are not.
//
// The method is an HTTP method or "other". The code is the status: 499 if the client
// disconnected before the response, 500 if the handler panicked before it, "other" if HTTP
// does not define it. Hijacked connections count as 101, unless they were answered before.
//
// Hijacked connections have no duration, and neither do uploads and streams (plinth.Class)
// and what middleware.DeadlineOptions.Exempt selects. Sizes are those of
// bodies on the wire. The size of a request is its Content-Length, or the bytes read if
// that is absent or more than 64 KiB.
//
// # Statements, pools, the change log
//
// [Metrics.Tracer] counts statements. [Metrics.Database] collects the state of a database
// at each scrape. Every metric has the label database.
//
//	plinth_db_statement_duration_seconds  histogram  operation, table
//	plinth_db_statement_errors_total      counter    operation, table, error
//	plinth_db_statement_rows_total        counter    operation, table
//	plinth_db_connections_max             gauge      pool
//	plinth_db_connections_open            gauge      pool
//	plinth_db_connections_in_use          gauge      pool
//	plinth_db_connections_idle            gauge      pool
//	plinth_db_waiting                     gauge      pool
//	plinth_db_waits_total                 counter    pool
//	plinth_db_wait_seconds_total          counter    pool
//	plinth_db_refused_total               counter    pool
//	plinth_db_notifier_running            gauge
//	plinth_db_notifier_listening          gauge
//	plinth_db_notifier_behind_seconds     gauge
//	plinth_db_changes_trimmed_timestamp_seconds  gauge
//	plinth_db_reader_lag_changes          gauge      reader
//	plinth_db_reader_lag_seconds          gauge      reader
//	plinth_db_reader_moved_timestamp_seconds  gauge  reader
//	plinth_db_reader_lags_up              gauge
//
// The error is a store.ErrorKind. The lags of the readers are queried at most once in five
// seconds, with a timeout of two seconds. plinth_db_reader_lags_up is 0 if the query
// failed.
//
// # Jobs
//
// [Metrics.Jobs] collects the figures of queues at each scrape, each metric with the label
// queue. Alert on the age of the oldest due job and on dead jobs. Failures are those of
// the process; the other figures are the same in all processes.
//
//	plinth_jobs_due                gauge
//	plinth_jobs_oldest_due_seconds  gauge
//	plinth_jobs_running            gauge
//	plinth_jobs_dead               gauge
//	plinth_jobs_paused             gauge
//	plinth_jobs_failures_total     counter
//
// # Subscribers
//
// [Metrics.Realtime] collects the figures of the process's subscribers. Alert on the lag. The
// mean time to delivery is the rate of the delay by that of the changes.
//
//	plinth_realtime_sockets              gauge
//	plinth_realtime_channels             gauge
//	plinth_realtime_subscriptions        gauge
//	plinth_realtime_classes              gauge
//	plinth_realtime_lag_seconds          gauge
//	plinth_realtime_changes_total        counter
//	plinth_realtime_delay_seconds_total  counter
//	plinth_realtime_dropped_total        counter
//	plinth_realtime_lost_total           counter
//	plinth_realtime_broadcasts_total     counter
//
// # Caches
//
// [Metrics.Cache] adds the metrics of a cache.Loader. Every metric has the label cache.
//
//	plinth_cache_hits_total         counter
//	plinth_cache_misses_total       counter
//	plinth_cache_loads_total        counter
//	plinth_cache_load_errors_total  counter
//	plinth_cache_refreshes_total    counter
//	plinth_cache_stale_total        counter
//	plinth_cache_errors_total       counter
//
// # The process
//
// The metrics beginning with go_ and process_ are those of client_golang's collectors.
// go_build_info has versions.
//
// [Names] lists the metrics above, for tests of dashboards and alerting rules.
//
// # How many series
//
// Labels have few values, and their combinations are bounded: beyond 1,000 routes, or
// tables with their operations, further ones are "other".
package prometheus
