package plinth

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/bounds"
	"github.com/seed-7694ebf6/plinth/internal/respwriter"
)

// endpoint is a listener and the server on it.
type endpoint struct {
	listener net.Listener
	server   *http.Server
}

// newServer returns a server with the deadlines and limits of every listener.
func (a *App) newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       max(30*time.Second, a.config.RequestTimeout), // a body may take as long as its request
		WriteTimeout:      max(60*time.Second, a.config.RequestTimeout+30*time.Second),
		IdleTimeout:       90 * time.Second,
		MaxHeaderBytes:    bounds.Header - 4<<10, // net/http allows that much more
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 100},
		ErrorLog:          log.New(serverLog{a.config.Logger}, "", 0),
	}
}

// serverLog receives the log lines of net/http. Most are about broken connections and get
// level Debug. A failed accept and an uncaught panic get level Error.
type serverLog struct{ logger *slog.Logger }

// Write implements [io.Writer].
func (l serverLog) Write(line []byte) (int, error) {
	text, level := strings.TrimSuffix(string(line), "\n"), slog.LevelDebug
	if strings.HasPrefix(text, "http: Accept error") || strings.Contains(text, "panic serving") {
		level = slog.LevelError
	}
	l.logger.Log(context.Background(), level, text)
	return len(line), nil
}

// open opens the listeners of the configuration, that of the clients first. Connections
// wait until serve accepts them.
func (a *App) open(ctx context.Context) (endpoints []endpoint, err error) {
	secure, challenge, err := a.config.TLS.open(a.config)
	if err != nil {
		return nil, err
	}
	main, plain := a.newServer(nil), a.newServer(challenge)
	clients := newConnections(a.config.Config)
	main.TLSConfig, main.ConnState, plain.ConnState = secure, clients.changed, clients.changed
	listen := a.config.Listen
	if listen == nil {
		listen = (&net.ListenConfig{}).Listen
	}
	for _, d := range []struct {
		addr   *string
		server *http.Server
	}{
		{&a.config.Addr, main},
		{&a.config.OpsAddr, a.newServer(a.health.routes(a.config.OpsHandler))},
		{&a.config.TLS.HTTPAddr, plain},
	} {
		if *d.addr == "" {
			continue
		}
		l, err := listen(ctx, "tcp", *d.addr)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("plinth: %w", err), closeEndpoints(endpoints))
		}
		*d.addr = l.Addr().String() // with the port it got
		endpoints = append(endpoints, endpoint{respwriter.Serve(d.server, l), d.server})
	}
	return endpoints, nil
}

// closeEndpoints closes every listener and connection.
func closeEndpoints(endpoints []endpoint) error {
	var errs []error
	for _, d := range endpoints {
		errs = append(errs, d.server.Close())
		if err := d.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (d endpoint) serve() error {
	if d.server.TLSConfig != nil {
		return d.server.ServeTLS(d.listener, "", "")
	}
	return d.server.Serve(d.listener)
}

// serve accepts connections until ctx ends, then drains and stops the background work.
func (a *App) serve(ctx context.Context, endpoints []endpoint, handler http.Handler, work *beside) error {
	endpoints[0].server.Handler = handler
	defer a.longLived.cut()
	failed := make(chan error, len(endpoints))
	for _, d := range endpoints {
		go func() { failed <- d.serve() }()
	}
	select {
	case err := <-failed:
		limit, cancel := context.WithTimeout(ctx, a.config.DrainTimeout)
		defer cancel()
		return errors.Join(fmt.Errorf("plinth: %w", err), closeEndpoints(endpoints), work.end(limit))
	case <-ctx.Done():
		return errors.Join(a.drain(ctx, endpoints[0], work), closeEndpoints(endpoints))
	}
}

// drain shuts a server down without failing a request. For DrainDelay /readyz answers 503
// and every response closes its connection. Then the listener closes and the contexts of
// long-lived requests end. Running requests have DrainTimeout, and the background work the
// rest of that time. A second signal ends all of this at once.
func (a *App) drain(ctx context.Context, main endpoint, work *beside) error {
	again, stop := signal.NotifyContext(context.WithoutCancel(ctx), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a.config.Logger.InfoContext(again, "draining", "delay", a.config.DrainDelay.String(), "timeout", a.config.DrainTimeout.String())
	a.health.draining.Store(true)
	if a.config.DrainDelay > 0 {
		wait(again, a.config.DrainDelay)
		// net/http closes a connection if it reads the request after Shutdown has begun, so
		// those accepted before get a moment first.
		_ = main.listener.Close() // the error of Serve is not read
		wait(again, lastMoment)
	}
	limit, cancel := context.WithTimeout(again, a.config.DrainTimeout)
	defer cancel()
	a.longLived.end(a.config.DrainTimeout / 4)
	err := main.server.Shutdown(limit)
	if err == nil {
		err = a.longLived.wait(limit)
	}
	switch {
	case err == nil:
	case again.Err() != nil:
		err = errors.New("plinth: a second signal came while requests were still running")
	default:
		err = fmt.Errorf("plinth: requests were still running after %s", a.config.DrainTimeout)
	}
	return errors.Join(err, work.end(limit))
}

// lastMoment is how long a connection accepted before the end may take to send its request.
const lastMoment = 250 * time.Millisecond

// lastWords is the least time for background work to return.
const lastWords = 250 * time.Millisecond

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
