package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-7694ebf6/plinth/middleware"
)

// The paths of the probes of balancers and orchestrators.
const (
	LivePath  = "/livez"
	ReadyPath = "/readyz"
)

// IsProbe reports whether a path is that of a probe.
func IsProbe(path string) bool { return path == LivePath || path == ReadyPath }

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

// Probes answers the probes.
type Probes struct {
	ProbesConfig

	draining atomic.Bool

	mu    sync.Mutex
	at    time.Time
	state readiness
}

// ProbesConfig holds the checks of /readyz.
type ProbesConfig struct {
	Logger *slog.Logger

	// Database asks the database for an answer.
	Database func(context.Context) error

	// Migrations verifies that all of the program's migrations are applied; nil skips the
	// check. A database restored while the program runs may lack some.
	Migrations func(context.Context) error

	// Behind returns for how long other instances have not been notified of a commit here.
	Behind func() time.Duration
}

// NewProbes returns the probes of an instance.
func NewProbes(config ProbesConfig) *Probes { return &Probes{ProbesConfig: config} }

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

// Draining reports whether the server drains.
func (p *Probes) Draining() bool { return p.draining.Load() }

// Routes answers the probes and passes every other request on. A probe sets its route, so
// that its 503 differs from that of a request that got no slot.
func (p *Probes) Routes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case LivePath:
			middleware.SetRoute(r.Context(), LivePath)
			p.live(w, r)
		case ReadyPath:
			middleware.SetRoute(r.Context(), ReadyPath)
			p.ready(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// CloseConnections closes connections after their answer while the application drains, so that
// clients reconnect to another server. For HTTP/2, net/http turns the header into GOAWAY.
func (p *Probes) CloseConnections(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// live answers that the process serves HTTP, and checks nothing else. An orchestrator
// restarts a process that fails it, which does not help if the database is down.
func (p *Probes) live(w http.ResponseWriter, _ *http.Request) {
	writeHealth(w, http.StatusOK, `{"status":"ok"}`)
}

// ready answers 200 if the application is ready, else 503 and the failed part.
func (p *Probes) ready(w http.ResponseWriter, r *http.Request) {
	if p.draining.Load() {
		writeHealth(w, http.StatusServiceUnavailable, `{"status":"draining"}`)
		return
	}
	state, word, status := p.check(r.Context()), healthy, http.StatusOK
	if !state.ok() {
		word, status = unavailable, http.StatusServiceUnavailable
	}
	writeHealth(w, status, `{"status":"`+word+`","database":"`+state.database+`","migrations":"`+state.migrations+`","log":"`+state.log+`"}`)
}

// check probes the parts, at most once in readyFor. Concurrent probes wait for the same
// result.
func (p *Probes) check(ctx context.Context) readiness {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.at) < readyFor {
		return p.state
	}
	// Other probes wait for this result, so it outlives the request that started it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	before := p.state
	p.state = readiness{healthy, off, healthy}
	if err := p.Database(ctx); err != nil {
		p.state.database = unavailable
		p.logFailure(ctx, before.database != unavailable, "the database does not answer", err)
	} else if p.Migrations != nil {
		p.state.migrations = healthy
		if err := p.Migrations(ctx); err != nil {
			p.state.migrations = unavailable
			p.logFailure(ctx, before.migrations != unavailable, "migrations are pending or cannot be read", err)
		}
	}
	if behind := p.Behind(); behind > mostBehind {
		p.state.log = unavailable
		p.logFailure(ctx, before.log != unavailable, "other instances are not notified of commits", fmt.Errorf("for %s", behind))
	}
	if !before.ok() && p.state.ok() && !p.at.IsZero() {
		p.Logger.InfoContext(ctx, "ready again")
	}
	p.at = time.Now()
	return p.state
}

// logFailure logs a failure once and not at every probe.
func (p *Probes) logFailure(ctx context.Context, first bool, what string, err error) {
	if first {
		p.Logger.ErrorContext(ctx, "not ready: "+what, "error", err)
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
