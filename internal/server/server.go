package server

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/bounds"
	"github.com/seed-7694ebf6/plinth/internal/respwriter"
)

// Config configures a [Server]. The caller validates it and sets every default.
type Config struct {
	// Addr is the listen address for clients, OpsAddr that for operators. An empty OpsAddr
	// opens no listener.
	Addr, OpsAddr string

	// OpsHandler answers requests at OpsAddr other than the probes.
	OpsHandler http.Handler

	// PublicURL is the target of redirects from plain HTTP.
	PublicURL string

	// TLS encrypts the connections at Addr.
	TLS TLS

	// Listen opens the listeners. Nil uses a [net.ListenConfig].
	Listen func(ctx context.Context, network, addr string) (net.Listener, error)

	// Logger receives the log.
	Logger *slog.Logger

	// RequestTimeout is the deadline of a request, from which the deadlines of connections
	// follow. DrainDelay and DrainTimeout bound the end, see [Server.Serve].
	RequestTimeout, DrainDelay, DrainTimeout time.Duration

	// MaxConnections limits the open connections, MaxConnectionsPerClient those of one
	// address group. TrustedProxies have no limit of their own.
	MaxConnections, MaxConnectionsPerClient int
	TrustedProxies                          []netip.Prefix

	// Probes answers at OpsAddr and reports a drain. LongLived are the requests that a
	// drain ends.
	Probes    *Probes
	LongLived *LongLived
}

// Server is a set of open listeners. Make one with [Open].
type Server struct {
	config    Config
	endpoints []endpoint // that of the clients first
}

// endpoint is a listener and the server on it.
type endpoint struct {
	listener net.Listener
	server   *http.Server
}

// newServer returns a server with the deadlines and limits of every listener.
func (c *Config) newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       max(30*time.Second, c.RequestTimeout), // a body may take as long as its request
		WriteTimeout:      writeTimeout(c.RequestTimeout),
		IdleTimeout:       90 * time.Second,
		MaxHeaderBytes:    bounds.Header - 4<<10, // net/http allows that much more
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 100},
		ErrorLog:          log.New(serverLog{c.Logger}, "", 0),
	}
}

// writeTimeout is the time for a request and its response.
func writeTimeout(request time.Duration) time.Duration {
	return max(60*time.Second, request+30*time.Second)
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

// Open opens the listeners. Connections wait until [Server.Serve] accepts them.
func Open(ctx context.Context, config Config) (*Server, error) {
	secure, challenge, err := config.TLS.open(config.PublicURL, config.Logger)
	if err != nil {
		return nil, err
	}
	main, plain := config.newServer(nil), config.newServer(challenge)
	clients := newConnections(&config)
	main.TLSConfig, main.ConnState, plain.ConnState = secure, clients.changed, clients.changed
	listen := config.Listen
	if listen == nil {
		listen = (&net.ListenConfig{}).Listen
	}
	s := &Server{config: config}
	for _, e := range []struct {
		addr   string
		server *http.Server
	}{
		{config.Addr, main},
		{config.OpsAddr, config.newServer(config.Probes.Routes(config.OpsHandler))},
		{config.TLS.HTTPAddr, plain},
	} {
		if e.addr == "" {
			continue
		}
		l, err := listen(ctx, "tcp", e.addr)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("plinth: %w", err), s.Close())
		}
		s.endpoints = append(s.endpoints, endpoint{respwriter.Serve(e.server, l), e.server})
	}
	return s, nil
}

// Addr returns the address at which the server listens for clients, with the port that a
// port of 0 got.
func (s *Server) Addr() string { return s.endpoints[0].listener.Addr().String() }

// Close closes every listener and connection.
func (s *Server) Close() error {
	var errs []error
	for _, e := range s.endpoints {
		errs = append(errs, e.server.Close())
		if err := e.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (e endpoint) serve() error {
	if e.server.TLSConfig != nil {
		return e.server.ServeTLS(e.listener, "", "")
	}
	return e.server.Serve(e.listener)
}

// Serve passes requests to handler until ctx ends, then drains. Beside the server it runs
// work, whose context ends after the last request.
//
// In a drain no request fails. For DrainDelay /readyz answers 503 and every response closes
// its connection. Then the listener closes and the contexts of streams end. Running requests
// have DrainTimeout, and the work the rest of that time. A second signal ends all of this at
// once.
func (s *Server) Serve(ctx context.Context, handler http.Handler, work func(context.Context)) error {
	running := startWork(ctx, work)
	s.endpoints[0].server.Handler = handler
	defer s.config.LongLived.cut()
	failed := make(chan error, len(s.endpoints))
	for _, e := range s.endpoints {
		go func() { failed <- e.serve() }()
	}
	select {
	case err := <-failed:
		limit, cancel := context.WithTimeout(ctx, s.config.DrainTimeout)
		defer cancel()
		return errors.Join(fmt.Errorf("plinth: %w", err), s.Close(), running.end(limit))
	case <-ctx.Done():
		return errors.Join(s.drain(ctx, running), s.Close())
	}
}

// drain ends the server and the work as [Server.Serve] says.
func (s *Server) drain(ctx context.Context, running *work) error {
	main, c := s.endpoints[0], &s.config
	again, stop := signal.NotifyContext(context.WithoutCancel(ctx), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c.Logger.InfoContext(again, "draining", "delay", c.DrainDelay.String(), "timeout", c.DrainTimeout.String())
	c.Probes.draining.Store(true)
	if c.DrainDelay > 0 {
		wait(again, c.DrainDelay)
		// net/http closes a connection if it reads the request after Shutdown has begun, so
		// those accepted before get a moment first.
		_ = main.listener.Close() // the error of Serve is not read
		wait(again, lastMoment)
	}
	limit, cancel := context.WithTimeout(again, c.DrainTimeout)
	defer cancel()
	c.LongLived.end(c.DrainTimeout / 4)
	err := main.server.Shutdown(limit)
	if err == nil {
		err = c.LongLived.wait(limit)
	}
	switch {
	case err == nil:
	case again.Err() != nil:
		err = errors.New("plinth: a second signal came while requests were still running")
	default:
		err = fmt.Errorf("plinth: requests were still running after %s", c.DrainTimeout)
	}
	return errors.Join(err, running.end(limit))
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
