package plinth

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme/autocert"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
)

// RESTConfig returns what [New] gives the REST API for a configuration.
func RESTConfig(c Config) (api.Config, error) {
	r, err := c.resolve()
	if err != nil {
		return api.Config{}, err
	}
	who, err := newAccess(r)
	return r.rest(who), err
}

// StoreOptions returns what [New] gives the store for its options.
func StoreOptions(c Config, opts store.Options) (store.Options, error) {
	r, err := c.resolve()
	return r.store(opts), err
}

// AccountsConfig returns what the accounts get for a configuration, but for what
// development keeps in the database.
func AccountsConfig(c Config) (accounts.Config, error) {
	r, err := c.resolve()
	return r.accounts(), err
}

// SchemaOf returns what happens to the schema of a configuration's database.
func SchemaOf(c Config) (Schema, error) {
	r, err := c.resolve()
	return r.Schema, err
}

// Defaults returns a configuration with what it leaves out, and whether it is of
// development.
func Defaults(c Config) (filled Config, development bool, err error) {
	r, err := c.resolve()
	return r.Config, r.development, err
}

// SMTPConfig reads the address of a mail server.
var SMTPConfig = smtpConfig

// OwnHost returns where this machine reaches a listener.
var OwnHost = ownHost

// NewServer returns the server that stands behind the endpoints of an application.
func NewServer(a *App) *http.Server { return a.newServer(nil) }

// ClientOf returns whom a connection counts for.
func ClientOf(c Config, conn net.Conn) netip.Prefix { return newConnections(c).client(conn) }

// Command runs a command of [App.Main] and leaves the database open.
func (a *App) Command(ctx context.Context, args []string, out io.Writer) error {
	return a.command(ctx, args, out)
}

// Connections returns what the server tells of connections.
func Connections(c Config) func(net.Conn, http.ConnState) { return newConnections(c).changed }

// SetBehind says how far behind the telling of other instances is.
func SetBehind(a *App, d time.Duration) { a.health.behind = func() time.Duration { return d } }

// Checks counts how often the parts of an application are asked how they are.
func Checks(a *App) *atomic.Int64 {
	var n atomic.Int64
	behind := a.health.behind
	a.health.behind = func() time.Duration {
		n.Add(1)
		return behind()
	}
	return &n
}

// OpenTLS returns what encrypts the connections of an application.
func OpenTLS(t TLS, logger *slog.Logger) (*tls.Config, error) {
	secure, _, err := t.open(resolved{Config: Config{Logger: logger, PublicURL: "https://notes.example"}})
	return secure, err
}

// ACMECache returns what keeps certificates in a folder.
func ACMECache(dir string, logger *slog.Logger) autocert.Cache {
	return loggingCache{autocert.DirCache(dir), logger}
}

// CertificateFiles reads a certificate's files. Later lets the time pass after which they
// are looked at again.
func CertificateFiles(cert, key string, logger *slog.Logger) (get func() (*tls.Certificate, error), later func(), err error) {
	c := &certificateFiles{cert: cert, key: key, logger: logger}
	get = func() (*tls.Certificate, error) { return c.get(&tls.ClientHelloInfo{}) }
	_, err = c.read()
	return get, func() { c.looked = c.looked.Add(-lookAgain) }, err
}

// KeepRunning does work that was added by [App.Background] until ctx ends.
func KeepRunning(ctx context.Context, logger *slog.Logger, name string, work func(context.Context) error) {
	a := &App{config: resolved{Config: Config{Logger: logger}}}
	a.Background(name, work)
	a.keepRunning(ctx, a.background[0])
}

// Samples returns the commands that development prints.
func (a *App) Samples(ctx context.Context, base string) []string { return a.samples(ctx, base) }
