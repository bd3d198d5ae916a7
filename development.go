package plinth

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/internal/problem"
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

// refuseForwarded answers 421 to requests from another machine, through a proxy, or for
// another host.
func refuseForwarded(next http.Handler) http.Handler {
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
	return isLoopbackAddr(addr.String())
}

// printBanner prints how to reach the application: address, key and commands to try.
func (a *App) printBanner(ctx context.Context, w io.Writer) error {
	base := "http://" + a.config.Addr
	var b strings.Builder
	fmt.Fprintf(&b, "\nPlinth runs in development mode on %s\n\n", base)
	fmt.Fprintf(&b, "  database         %s\n", a.db.Capabilities().Engine)
	if !a.config.API.HideDocuments {
		fmt.Fprintf(&b, "  documentation    %s%s/-/docs\n", base, restPath)
	}
	fmt.Fprintf(&b, "  publishable key  %s\n", a.access.publishable)
	if a.access.mails != "" {
		fmt.Fprintf(&b, "  mails, messages  go into the folder %s, their links and codes are shown here\n", a.access.mails)
	}
	b.WriteString("\n")
	for i, line := range a.samples(ctx, base) {
		if i == 0 {
			b.WriteString("Try:\n\n")
		}
		fmt.Fprintf(&b, "%s\n\n", line)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
