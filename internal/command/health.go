package command

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/server"
)

// healthTimeout bounds the health command.
const healthTimeout = 4 * time.Second

// HealthName is the name of the command health.
const HealthName = "health"

// Health is the server that a program asks for its health.
type Health struct {
	Addr, OpsAddr string // its listen addresses
	TLS           bool   // at Addr
	ServerName    string // of its certificate
}

// Run asks the running server whether it is ready, or alive. Container engines call it, so
// images need no other program.
func (h Health) Run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet(HealthName, flag.ContinueOnError)
	live := flags.Bool("live", false, "")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	addr, path, word, secure := h.Addr, server.ReadyPath, "ready", h.TLS
	if *live {
		path, word = server.LivePath, "alive"
		if h.OpsAddr != "" { // which clients cannot fill
			addr, secure = h.OpsAddr, false
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
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true, ServerName: h.ServerName} // see above
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
