// Package development has what a program needs only in development: secrets that are kept in
// the database, the banner with commands to try, and the check that requests come from this
// machine.
package development

import (
	"log/slog"
	"net"
	"net/http"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/middleware/cors"
)

// forwardingHeaders are the headers that proxies add. A proxy in front of a loopback port
// would expose the development server to a network.
var forwardingHeaders = []string{
	"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via", "True-Client-Ip", "Cf-Connecting-Ip",
}

// misdirected returns the error for a request from outside of this machine.
func misdirected(why string) error {
	return &problem.Error{
		Code:    problem.Misdirected,
		Message: "this server runs in development mode and answers its own machine only", Details: why,
		Hint: "Set PLINTH_PUBLIC_URL and PLINTH_PUBLISHABLE_KEYS to run it behind a proxy.",
	}
}

// LocalOnly answers 421 to requests from another machine, through a proxy, or for another
// host.
func LocalOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !atLoopback(r) {
			api.WriteError(w, r, misdirected("the connection did not come in at a loopback address"))
			return
		}
		for _, h := range forwardingHeaders {
			if _, ok := r.Header[h]; ok {
				api.WriteError(w, r, misdirected("the request has the header "+h))
				return
			}
		}
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if !netaddr.IsLoopback(host) {
			api.WriteError(w, r, misdirected("the request is for another host"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// atLoopback reports whether a connection was accepted at a loopback address. The server
// may be the application's own (App.Handler) and listen at any address. A request without a
// local address, as in a test, did not come over a network.
func atLoopback(r *http.Request) bool {
	addr, known := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !known || addr.Network() == "unix" || addr.Network() == "pipe" {
		return true
	}
	host, _, err := net.SplitHostPort(addr.String())
	return err == nil && netaddr.IsLoopback(host)
}

// origins are the usual origins of front-end development servers.
var origins = func() (list []string) {
	for _, port := range []string{"3000", "4200", "4321", "5000", "5173", "8000", "8080", "8081", "19006"} {
		list = append(list, "http://localhost:"+port, "http://127.0.0.1:"+port)
	}
	return list
}()

// CORS completes CORS options for development. The origins are the usual development servers
// of this machine unless others are named, and a rejected header is logged.
func CORS(opts cors.Options, logger *slog.Logger) cors.Options {
	if len(opts.Origins) == 0 && !opts.AnyOrigin {
		opts.Origins = origins
	}
	if opts.Logger == nil {
		opts.Logger = logger
	}
	return opts
}
