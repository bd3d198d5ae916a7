package plinth

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// forwardingHeaders are what proxies add. A proxy in front of a loopback port
// is how development servers end up on the internet.
var forwardingHeaders = []string{
	"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via", "True-Client-Ip", "Cf-Connecting-Ip",
}

// misdirected is the answer to a request that did not come from this machine.
type misdirected struct{ why string }

func (m *misdirected) Error() string { return "plinth: " + m.why }

// Problem returns the code of the error on the wire.
func (m *misdirected) Problem() string { return "PL421" }

// ProblemText returns message, details and hint for a client.
func (m *misdirected) ProblemText() (message, details, hint string) {
	return "this server runs in development mode and answers its own machine only", m.why,
		"Set PLINTH_PUBLIC_URL and PLINTH_PUBLISHABLE_KEYS to run it behind a proxy."
}

// refuseForwarded answers 421 to requests that came through a proxy or for
// another host.
func refuseForwarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range forwardingHeaders {
			if _, ok := r.Header[h]; ok {
				api.WriteError(w, r, &misdirected{"the request has the header " + h})
				return
			}
		}
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if !isLoopbackHost(host) {
			api.WriteError(w, r, &misdirected{"the request is for another host"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// printBanner prints how to reach the application: address, key, token and
// commands to try.
func (a *App) printBanner(w io.Writer, addr string) error {
	base := "http://" + addr
	var b strings.Builder
	fmt.Fprintf(&b, "\nPlinth runs in development mode on %s\n\n", base)
	fmt.Fprintf(&b, "  database         %s\n", a.db.Capabilities().Engine)
	if !a.config.API.HideDocuments {
		fmt.Fprintf(&b, "  documentation    %s%s/-/docs\n", base, restPath)
	}
	fmt.Fprintf(&b, "  publishable key  %s\n", a.access.publishable)
	fmt.Fprintf(&b, "  demo token       %s\n\nTry:\n\n", a.access.demoToken)
	auth := fmt.Sprintf("-H 'apikey: %s' -H 'Authorization: Bearer %s'", a.access.publishable, a.access.demoToken)
	if tables := a.db.Tables(); len(tables) > 0 {
		t := tables[0]
		url := base + restPath + "/" + t.Name
		fmt.Fprintf(&b, "curl -s '%s' %s -H 'Prefer: return=representation' -H 'Content-Type: application/json' -d '%s'\n\n", url, auth, sampleRow(t))
		fmt.Fprintf(&b, "curl -s '%s?limit=5' %s\n\n", url, auth)
		fmt.Fprintf(&b, "curl -s '%s?limit=5' -H 'apikey: %s'\n\n", url, a.access.publishable)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sampleRow returns a body with the columns a new row must be given.
func sampleRow(t *store.Table) string {
	creatable := t.CreatableColumns()
	var members []string
	for _, c := range t.Columns {
		if creatable.Has(c) && c.Kind == store.KindText && strings.Contains(c.Rules, "required") {
			members = append(members, fmt.Sprintf("%q:%q", c.Name, "First "+c.Name))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}
