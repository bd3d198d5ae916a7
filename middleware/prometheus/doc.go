// Package prometheus counts requests, statements and caches for Prometheus, by
// github.com/prometheus/client_golang.
//
//	metrics := prometheus.New(prometheus.Options{})
//	db, err := sqlite.Open(ctx, "notes.db", &sqlite.Options{Store: store.Options{Tracers: []store.Tracer{metrics.Tracer("main")}}})
//	...
//	metrics.Database("main", db)
//	metrics.Cache("authors", authors.Stats)
//	go http.Serve(operations, metrics.Handler())  // a listener that strangers cannot reach
//	http.Serve(listener, metrics.Middleware(handler))
//
// There is no global registry: what [New] makes is apart from everything else in the
// program, unless Options.Registry says otherwise.
//
// # Who may read them
//
// Whoever reads [Metrics.Handler] learns which routes there are, how busy they are and
// how the database is doing. It asks nobody who they are: serve it on a listener of its
// own that only the monitoring reaches, never on the public one.
//
// # Requests
//
// The middleware belongs outside of everything else, so that it counts what others
// refuse. Every request is counted once, when its handler is done.
//
//	plinth_http_requests_total            counter    method, route, code
//	plinth_http_request_duration_seconds  histogram  method, route
//	plinth_http_request_size_bytes        histogram  method, route
//	plinth_http_response_size_bytes       histogram  method, route
//	plinth_http_requests_in_flight        gauge
//
// The route is the pattern that the request was routed by, as middleware.SetRoute and
// http.ServeMux tell it (that one only where nothing in between but middleware of this
// library has made another request of it), or "unmatched": never a path, which strangers
// choose. What is refused before it is routed is "unmatched" too, so that in a
// plinth.App its answers 503 are requests that got no slot (middleware.Admission), or
// were too many that last, and those of a route are not. The method is one of HTTP's or "other". The code is the status: 499 where the
// client went away before it was answered, 500 where the handler panicked before,
// "other" where it is none of those that HTTP knows. Connections that were taken over
// count as 101, unless they were answered before. Neither they nor the streams that
// plinth.Config.LongLived and middleware.DeadlineOptions.Exempt name have a duration,
// which would be that of a session, and no request of theirs is a slow one. Sizes are
// those of bodies as they go over the wire, and those of requests what was read of them
// where they do not tell their length, or tell more than 64 KiB.
//
// # Statements, pools, the change log
//
// [Metrics.Tracer] counts statements; [Metrics.Database] looks at a database each time
// that somebody reads. Every name has the label database.
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
// The error is a store.ErrorKind. The lag of readers of the change log is asked of the
// database, within two seconds and at most once in five; plinth_db_reader_lags_up is 0
// where it did not answer.
//
// # Caches
//
// [Metrics.Cache] tells what a cache.Loader has done. Every name has the label cache.
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
// The names beginning with go_ and process_ are those of client_golang's collectors, and
// go_build_info tells versions.
//
// [Names] lists the names above, for tests of dashboards and of rules of alerts.
//
// # How many series
//
// Labels have few values by themselves, and there are bounds besides: beyond 1,000
// routes, or tables with their operations, further ones are "other".
package prometheus
