package plinth

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/server"
)

// healthTimeout bounds the health command.
const healthTimeout = 4 * time.Second

// Health runs the command health of [App.Main] if the arguments of the program name it, and
// returns its exit code; otherwise asked is false. It opens no database. A program that
// calls it before [New] can therefore report its health while its database is down:
//
//	if code, asked := config.Health(ctx, os.Args[1:]); asked {
//		os.Exit(code)
//	}
func (c Config) Health(ctx context.Context, args []string) (code int, asked bool) {
	if len(args) == 0 || args[0] != healthName {
		return exitOK, false
	}
	r, err := c.resolve()
	if err == nil {
		err = r.healthCommand(ctx, args[1:], os.Stdout)
	}
	return exitCode(err), true
}

const healthName = "health"

// healthCommand asks the running application at the configured address whether it is ready,
// or alive. Container engines call it, so images need no other program.
func (r resolved) healthCommand(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet(healthName, flag.ContinueOnError)
	live := flags.Bool("live", false, "")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	addr, path, word, secure := r.Addr, server.ReadyPath, "ready", !server.TLS(r.TLS).Off()
	if *live {
		path, word = server.LivePath, "alive"
		if r.OpsAddr != "" { // which clients cannot fill
			addr, secure = r.OpsAddr, false
		}
	}
	host, err := ownHost(addr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	transport := &http.Transport{DisableKeepAlives: true} // and no proxy
	target := "http://" + host + path
	if secure {
		target = "https://" + host + path
		// The certificate is for the public name, not for this address. The request holds no secret.
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true, ServerName: r.serverName()} // see above
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return fmt.Errorf("plinth: health: %w", err)
	}
	res, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return fmt.Errorf("plinth: health: %w", err)
	}
	defer res.Body.Close() // nothing of it is wanted
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("plinth: health: %s answers %s", path, res.Status)
	}
	_, err = fmt.Fprintln(out, word)
	return err
}

// ownHost returns the address at which this machine reaches a listener.
func ownHost(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("plinth: health: %w", err)
	}
	if port == "0" {
		return "", errors.New("plinth: health: the port of a listener on port 0 is unknown; set PLINTH_ADDR")
	}
	switch ip := net.ParseIP(host); {
	case host == "" || ip.Equal(net.IPv4zero):
		host = "127.0.0.1"
	case ip.Equal(net.IPv6unspecified):
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}

// serverName returns the name for which the server has a certificate.
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
