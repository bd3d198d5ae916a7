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
	"github.com/seed-7694ebf6/plinth/internal/onewrite"
)

// door is an address that is served.
type door struct {
	listener net.Listener
	server   *http.Server
}

// newServer returns a server with the limits that hold at every door: what a client can
// hold without doing anything.
func (a *App) newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       max(30*time.Second, a.config.RequestTimeout),                // a body may take as long as its request
		WriteTimeout:      max(60*time.Second, a.config.RequestTimeout+30*time.Second), // there is time to say that it is over
		IdleTimeout:       90 * time.Second,
		MaxHeaderBytes:    bounds.Header - 4<<10, // net/http allows that much more
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 100},
		ErrorLog:          log.New(serverLog{a.config.Logger}, "", 0),
	}
}

// serverLog is told what net/http says by itself. What a stranger's broken connection makes
// it say is no fault of ours; that no connection can be accepted is, and a panic that
// nobody has caught.
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

// open opens the doors of the configuration, the clients' first, with nobody behind them
// yet: connections wait.
func (a *App) open(ctx context.Context) (doors []door, err error) {
	secure, challenge, err := a.config.TLS.open(a.config)
	if err != nil {
		return nil, err
	}
	main, plain := a.newServer(nil), a.newServer(challenge)
	clients := newConnections(a.config.Config)
	main.TLSConfig, main.ConnState, plain.ConnState = secure, clients.changed, clients.changed
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
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *d.addr)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("plinth: %w", err), closeDoors(doors))
		}
		*d.addr = l.Addr().String() // with the port it got
		doors = append(doors, door{onewrite.Serve(d.server, l), d.server})
	}
	return doors, nil
}

// closeDoors cuts every connection.
func closeDoors(doors []door) error {
	var errs []error
	for _, d := range doors {
		errs = append(errs, d.server.Close())
		if err := d.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (d door) serve() error {
	if d.server.TLSConfig != nil {
		return d.server.ServeTLS(d.listener, "", "")
	}
	return d.server.Serve(d.listener)
}

// serve lets clients in until ctx ends, then drains, and ends the work beside it.
func (a *App) serve(ctx context.Context, doors []door, handler http.Handler, work *beside) error {
	doors[0].server.Handler = handler
	defer a.longLived.cut()
	failed := make(chan error, len(doors))
	for _, d := range doors {
		go func() { failed <- d.serve() }()
	}
	select {
	case err := <-failed:
		limit, cancel := context.WithTimeout(ctx, a.config.DrainTimeout)
		defer cancel()
		return errors.Join(fmt.Errorf("plinth: %w", err), closeDoors(doors), work.end(limit))
	case <-ctx.Done():
		return errors.Join(a.drain(ctx, doors[0], work), closeDoors(doors))
	}
}

// drain ends a server so that nobody sees a request fail: /readyz says no and answers
// end their connections, while balancers need DrainDelay to find out; then nobody new
// comes in, long-lived requests are told to end, and who is in has DrainTimeout, of which
// the work beside them has the rest. Told before, their clients would come back to this
// server. A second signal ends all that at once.
func (a *App) drain(ctx context.Context, main door, work *beside) error {
	again, stop := signal.NotifyContext(context.WithoutCancel(ctx), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a.config.Logger.InfoContext(again, "draining", "delay", a.config.DrainDelay, "timeout", a.config.DrainTimeout)
	a.health.draining.Store(true)
	if a.config.DrainDelay > 0 {
		wait(again, a.config.DrainDelay)
		// net/http hangs up on requests that it reads after Shutdown has begun, so that
		// those which were let in before the listener closed get a moment first.
		_ = main.listener.Close() // Serve reports it, and nobody listens to that
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

// lastMoment is how long the request of a client who was just let in may take to arrive.
const lastMoment = 250 * time.Millisecond

// lastWords is how long work whose time has run out may take to notice that and return.
const lastWords = 250 * time.Millisecond

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
