package server

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"

	"golang.org/x/crypto/acme/autocert"
)

// NewServer returns the server behind an endpoint.
func NewServer(c Config) *http.Server { return c.newServer(nil) }

// ClientOf returns the address group that a connection counts for.
func ClientOf(c Config, conn net.Conn) netip.Prefix { return newConnections(&c).client(conn) }

// Connections returns the function that the server calls for state changes of connections.
func Connections(c Config) func(net.Conn, http.ConnState) { return newConnections(&c).changed }

// OpenTLS returns the TLS configuration of a server.
func OpenTLS(t TLS, logger *slog.Logger) (*tls.Config, error) {
	secure, _, err := t.open("https://notes.example", logger)
	return secure, err
}

// ACMECache returns the store of certificates in a folder.
func ACMECache(dir string, logger *slog.Logger) autocert.Cache {
	return loggingCache{autocert.DirCache(dir), logger}
}

// CertificateFiles loads certificate files. Later lets the time pass after which they are
// read again.
func CertificateFiles(cert, key string, logger *slog.Logger) (get func() (*tls.Certificate, error), later func(), err error) {
	c := &certificateFiles{cert: cert, key: key, logger: logger}
	get = func() (*tls.Certificate, error) { return c.get(&tls.ClientHelloInfo{}) }
	_, err = c.read()
	return get, func() { c.looked = c.looked.Add(-lookAgain) }, err
}
