package plinth

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// healthTimeout bounds what the health command waits for an answer.
const healthTimeout = 4 * time.Second

// healthCommand asks the application that runs at the configured address whether it is
// ready, for container engines, whose images need no other program for that.
func (a *App) healthCommand(ctx context.Context, args []string, out io.Writer) error {
	if err := noArguments("health", args); err != nil {
		return err
	}
	host, err := ownHost(a.config.Addr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	transport := &http.Transport{DisableKeepAlives: true} // and no proxy
	target := "http://" + host + readyPath
	if !a.config.TLS.off() {
		target = "https://" + host + readyPath
		// The certificate is for the name that others use, and nothing is told to whoever answers here.
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true, ServerName: a.config.serverName()} //nolint:gosec // see above
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return fmt.Errorf("plinth: health: %w", err)
	}
	res, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		return fmt.Errorf("plinth: health: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // nothing of it is wanted
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("plinth: health: %s answers %s", readyPath, res.Status)
	}
	_, err = fmt.Fprintln(out, "ready")
	return err
}

// ownHost returns where this machine reaches a listener.
func ownHost(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("plinth: health: %w", err)
	}
	if port == "0" {
		return "", errors.New("plinth: health: nobody knows the port that a listener of port 0 got; set PLINTH_ADDR")
	}
	switch ip := net.ParseIP(host); {
	case host == "" || ip.Equal(net.IPv4zero):
		host = "127.0.0.1"
	case ip.Equal(net.IPv6unspecified):
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}

// serverName returns the name under which clients ask for certificates.
func (r resolved) serverName() string {
	if len(r.TLS.ACMEDomains) > 0 {
		return r.TLS.ACMEDomains[0]
	}
	u, err := url.Parse(r.PublicURL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
