package plinth

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/store"
)

// The paths of the probes of balancers and orchestrators.
const (
	livePath  = "/livez"
	readyPath = "/readyz"
)

const (
	// readyFor is how long a readiness result is reused, so that frequent probes do not
	// load the database.
	readyFor = time.Second

	// readyTimeout is the timeout of the readiness checks. Balancers wait for two seconds
	// and more.
	readyTimeout = 1500 * time.Millisecond

	// mostBehind is how long notifications of commits to other instances may fail before
	// this one is not ready. Other instances find commits by polling within seconds, so a
	// longer failure is not only one of notifications.
	mostBehind = 30 * time.Second
)

// health answers the probes.
type health struct {
	db       *store.DB
	logger   *slog.Logger
	draining atomic.Bool

	// behind returns for how long other instances have not been notified of a commit here.
	behind func() time.Duration

	// migrations verifies that all of the program's migrations are applied; nil skips the
	// check. A database restored while the program runs may lack some.
	migrations func(context.Context) error

	mu    sync.Mutex
	at    time.Time
	state readiness
}

// readiness is the body of /readyz. It holds no errors, because any client may read it;
// errors go to the log.
type readiness struct{ database, migrations, log string }

func (r readiness) ok() bool {
	return r.database != unavailable && r.migrations != unavailable && r.log != unavailable
}

const (
	healthy     = "ok"
	unavailable = "unavailable"
	off         = "off" // not asked for
)

// routes answers the probes and passes every other request on. A probe sets its route, so
// that its 503 differs from that of a request that got no slot.
func (h *health) routes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case livePath:
			middleware.SetRoute(r.Context(), livePath)
			h.live(w, r)
		case readyPath:
			middleware.SetRoute(r.Context(), readyPath)
			h.ready(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// partings closes connections after their answer while the application drains, so that
// clients reconnect to another server. For HTTP/2, net/http turns the header into GOAWAY.
func (h *health) partings(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// live answers that the process serves HTTP, and checks nothing else. An orchestrator
// restarts a process that fails it, which does not help if the database is down.
func (h *health) live(w http.ResponseWriter, _ *http.Request) {
	writeHealth(w, http.StatusOK, `{"status":"ok"}`)
}

// ready answers 200 if the application is ready, else 503 and the failed part.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	if h.draining.Load() {
		writeHealth(w, http.StatusServiceUnavailable, `{"status":"draining"}`)
		return
	}
	state, word, status := h.check(r.Context()), healthy, http.StatusOK
	if !state.ok() {
		word, status = unavailable, http.StatusServiceUnavailable
	}
	writeHealth(w, status, `{"status":"`+word+`","database":"`+state.database+`","migrations":"`+state.migrations+`","log":"`+state.log+`"}`)
}

// check probes the parts, at most once in readyFor. Concurrent probes wait for the same
// result.
func (h *health) check(ctx context.Context) readiness {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.at) < readyFor {
		return h.state
	}
	// Other probes wait for this result, so it outlives the request that started it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	before := h.state
	h.state = readiness{healthy, off, healthy}
	if err := h.db.Ping(ctx); err != nil {
		h.state.database = unavailable
		h.logFailure(ctx, before.database != unavailable, "the database does not answer", err)
	} else if h.migrations != nil {
		h.state.migrations = healthy
		if err := h.migrations(store.WithReserve(ctx)); err != nil {
			h.state.migrations = unavailable
			h.logFailure(ctx, before.migrations != unavailable, "migrations are pending or cannot be read", err)
		}
	}
	if behind := h.behind(); behind > mostBehind {
		h.state.log = unavailable
		h.logFailure(ctx, before.log != unavailable, "other instances are not notified of commits", fmt.Errorf("for %s", behind))
	}
	if !before.ok() && h.state.ok() && !h.at.IsZero() {
		h.logger.InfoContext(ctx, "ready again")
	}
	h.at = time.Now()
	return h.state
}

// logFailure logs a failure once and not at every probe.
func (h *health) logFailure(ctx context.Context, first bool, what string, err error) {
	if first {
		h.logger.ErrorContext(ctx, "not ready: "+what, "error", err)
	}
}

func writeHealth(w http.ResponseWriter, status int, body string) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body + "\n")) // the client is gone
}
