package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// Config tunes a [Client]. The zero value allows public https addresses.
type Config struct {
	// HTTP allows http URLs too.
	HTTP bool

	// Ports are the allowed ports.
	//
	// Defaults to 443 and 8443, with HTTP also 80 and 8080.
	Ports []uint16

	// Allow allows further addresses and ports, for development and tests on loopback. Nil
	// allows none.
	Allow func(netip.AddrPort) bool

	// MaxBody is the size of the largest response body in bytes.
	//
	// Defaults to 256 KiB.
	MaxBody int64

	// Timeout bounds a whole request, from the connection to the last byte.
	//
	// Defaults to 10 seconds.
	Timeout time.Duration
}

// ErrTooLarge reports a response larger than Config.MaxBody.
var ErrTooLarge = errors.New("outbound: the answer is too large")

// Client sends requests to other servers. It is safe for concurrent use.
type Client struct {
	cfg  Config
	http http.Client
}

// New returns a Client.
func New(cfg Config) *Client {
	if cfg.Ports == nil {
		cfg.Ports = []uint16{443, 8443}
		if cfg.HTTP {
			cfg.Ports = append(cfg.Ports, 80, 8080)
		}
	}
	cfg.Ports = slices.Clone(cfg.Ports)
	if cfg.MaxBody == 0 {
		cfg.MaxBody = 256 << 10
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Second
	}
	c := &Client{cfg: cfg}
	dialer := &net.Dialer{Timeout: cfg.Timeout, ControlContext: c.control}
	c.http = http.Client{
		Timeout: cfg.Timeout,
		Transport: &guarded{c, &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    cfg.Timeout,
			ResponseHeaderTimeout:  cfg.Timeout,
			MaxResponseHeaderBytes: 32 << 10,
			MaxIdleConns:           16,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        90 * time.Second,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true, // a small answer could become a large one
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// HTTP returns the client as an http.Client, with the same restrictions.
func (c *Client) HTTP() *http.Client { return &c.http }

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Get requests a URL and reads the response. Any status but 200 is an error, which holds
// only the status.
func (c *Client) Get(ctx context.Context, url string) (body []byte, header http.Header, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, &URLError{"cannot be read"}
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close() // it was read, or is given up
	if answer.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("outbound: %s answers %d", r.URL.Host, answer.StatusCode)
	}
	body, err = io.ReadAll(answer.Body)
	return body, answer.Header, err
}

// control rejects a connection before it is made.
func (c *Client) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return &URLError{"leads to an address that cannot be read"}
	}
	return c.checkAddr(to)
}

// guarded checks the URL of every request and bounds every response.
type guarded struct {
	client *Client
	next   *http.Transport
}

func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.client.checkURL(r.URL); err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // RoundTrip has to, also when it fails
		}
		return nil, err
	}
	answer, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = &bounded{answer.Body, g.client.cfg.MaxBody}
	return answer, nil
}

// CloseIdleConnections is found by http.Client.
func (g *guarded) CloseIdleConnections() { g.next.CloseIdleConnections() }

// bounded fails on a body over the limit instead of ending it, so that a truncated body
// does not look complete.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one more byte shows that the limit is exceeded
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, ErrTooLarge
	}
	return n, err
}

// ports returns the usual port of a scheme, and whether it is asked.
func (c *Config) ports(scheme string) (port uint16, known bool) {
	switch scheme {
	case "https":
		return 443, true
	case "http":
		return 80, c.HTTP
	}
	return 0, false
}

func (c *Config) schemes() []string {
	if c.HTTP {
		return []string{"https", "http"}
	}
	return []string{"https"}
}
