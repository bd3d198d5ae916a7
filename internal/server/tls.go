package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/internal/crossorigin"
	"github.com/seed-7694ebf6/plinth/internal/logging"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// TLS configures encryption. The zero value leaves it to a proxy. The fields are documented
// at the type of the same name of the module's root.
type TLS struct {
	CertFile, KeyFile string
	ACMEDomains       []string
	ACMECache         string
	ACMEDirectory     string
	ACMEEmail         string
	HTTPAddr          string
}

// Off reports whether TLS is off.
func (t TLS) Off() bool { return t.CertFile == "" && t.KeyFile == "" && len(t.ACMEDomains) == 0 }

// Validate returns the mistakes of the settings.
func (t TLS) Validate() error {
	var errs []error
	if (t.CertFile == "") != (t.KeyFile == "") {
		errs = append(errs, errors.New("plinth: TLS.CertFile and TLS.KeyFile belong together (set PLINTH_TLS_CERT_FILE and PLINTH_TLS_KEY_FILE)"))
	}
	if t.CertFile != "" && len(t.ACMEDomains) > 0 {
		errs = append(errs, errors.New("plinth: TLS.CertFile and TLS.ACMEDomains exclude each other (PLINTH_TLS_CERT_FILE, PLINTH_ACME_DOMAINS)"))
	}
	if len(t.ACMEDomains) > 0 && t.ACMECache == "" {
		errs = append(errs, errors.New("plinth: TLS.ACMEDomains needs TLS.ACMECache, a folder that survives restarts (set PLINTH_ACME_CACHE)"))
	}
	if len(t.ACMEDomains) == 0 && (t.ACMECache != "" || t.ACMEDirectory != "" || t.ACMEEmail != "") {
		errs = append(errs, errors.New("plinth: TLS.ACMECache, ACMEDirectory and ACMEEmail are for TLS.ACMEDomains (set PLINTH_ACME_DOMAINS)"))
	}
	if t.Off() && t.HTTPAddr != "" {
		errs = append(errs, errors.New("plinth: TLS.HTTPAddr sends clients to https, which is not served here: set certificates or leave it out (PLINTH_HTTP_ADDR)"))
	}
	return errors.Join(errs...)
}

// open returns the TLS configuration, or nil if TLS is off, and the handler of HTTPAddr.
func (t TLS) open(publicURL string, logger *slog.Logger) (*tls.Config, http.Handler, error) {
	redirect := redirectTo(publicURL)
	if len(t.ACMEDomains) > 0 {
		manager := &autocert.Manager{
			Prompt:     autocert.AcceptTOS,
			Cache:      loggingCache{autocert.DirCache(t.ACMECache), logger},
			HostPolicy: autocert.HostWhitelist(t.ACMEDomains...),
			Email:      t.ACMEEmail,
			Client:     &acme.Client{DirectoryURL: t.ACMEDirectory},
		}
		secure := manager.TLSConfig()
		secure.GetCertificate = (&expiry{logger: logger, renew: renewACME}).watch(logFailures(manager, logger))
		return secure, manager.HTTPHandler(redirect), nil
	}
	if t.Off() {
		return nil, redirect, nil
	}
	files := &certificateFiles{cert: t.CertFile, key: t.KeyFile, logger: logger}
	if _, err := files.read(); err != nil {
		return nil, nil, fmt.Errorf("plinth: TLS.CertFile, TLS.KeyFile: %w", err)
	}
	get := (&expiry{logger: logger, renew: renewFiles}).watch(files.get)
	return &tls.Config{GetCertificate: get, MinVersion: tls.VersionTLS12}, redirect, nil
}

// loggingCache logs errors of writing to the cache. autocert drops a renewed certificate
// without an error then, and requests another one within the hour.
type loggingCache struct {
	autocert.Cache
	logger *slog.Logger
}

// Put implements [autocert.Cache].
func (c loggingCache) Put(ctx context.Context, key string, data []byte) error {
	err := c.Cache.Put(ctx, key, data)
	if err != nil {
		c.logger.ErrorContext(ctx, "certificates cannot be stored (PLINTH_ACME_CACHE)", "key", key, "error", err)
	}
	return err
}

// logFailures logs why a configured name has no certificate, at most once a minute. Errors
// for other names are not logged.
func logFailures(manager *autocert.Manager, logger *slog.Logger) getCertificate {
	var missing logging.Sampled
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		cert, err := manager.GetCertificate(hello)
		if err == nil || manager.HostPolicy(hello.Context(), hello.ServerName) != nil {
			return cert, err
		}
		if missing.Due(time.Minute) {
			logger.ErrorContext(hello.Context(), "no certificate for the name", "name", hello.ServerName, "error", err)
		}
		return nil, err
	}
}

// redirectTo redirects clients to the same path of the public URL. It ignores the Host of
// the request, which the client chooses.
func redirectTo(publicURL string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			// The body was sent unencrypted, so it is rejected and not redirected.
			api.WriteError(w, r, problem.Errorf(problem.Misdirected, "this server speaks https only"))
			return
		}
		target := r.URL.RequestURI()
		if !strings.HasPrefix(target, "/") { // it would extend the host name
			target = "/"
		}
		w.Header().Set("Connection", "close")
		http.Redirect(w, r, crossorigin.Of(publicURL)+target, http.StatusPermanentRedirect)
	})
}

// lookAgain is the least time between two reads of the files.
const lookAgain = 10 * time.Second

// certificateFiles is a certificate that is reloaded when its files change.
type certificateFiles struct {
	cert, key string
	logger    *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	pem     [2][]byte // what it was made of
	looked  time.Time
}

// read reads the files and reports whether the certificate has changed. It ignores
// modification times, which a renewed pair may keep.
func (c *certificateFiles) read() (changed bool, err error) {
	c.looked = time.Now()
	cert, certErr := os.ReadFile(c.cert)
	key, keyErr := os.ReadFile(c.key)
	if err := errors.Join(certErr, keyErr); err != nil {
		return false, err
	}
	if bytes.Equal(cert, c.pem[0]) && bytes.Equal(key, c.pem[1]) {
		return false, nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return false, err
	}
	c.current, c.pem = &pair, [2][]byte{cert, key}
	return true, nil
}

// get returns the certificate for a connection. If the files do not match during a
// replacement, the old certificate stays until the next read.
func (c *certificateFiles) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookAgain {
		return c.current, nil
	}
	switch changed, err := c.read(); {
	case err != nil:
		c.logger.ErrorContext(hello.Context(), "certificate files cannot be read; the previous certificate stays in use", "error", err)
	case changed:
		c.logger.InfoContext(hello.Context(), "certificate files were reloaded")
	}
	return c.current, nil
}
