package server

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/logging"
)

// getCertificate chooses the certificate for a connection, see [tls.Config].
type getCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error)

// expiry logs that a certificate in use is about to expire or has expired. Renewal can fail
// silently, as it does in autocert.
type expiry struct {
	logger *slog.Logger
	renew  string   // what to do
	logged sync.Map // a *logging.Sampled for each expiryLine; few certificates are about to expire
}

// expiryLine identifies a log line: a certificate, and whether it has expired.
type expiryLine struct {
	serial string
	ended  bool
}

// What to do about a certificate, by where it comes from.
const (
	renewFiles = "renew it and replace its files (PLINTH_TLS_CERT_FILE, PLINTH_TLS_KEY_FILE)"
	renewACME  = "it should have been renewed; see whether this server and the authority reach each other, and whether PLINTH_ACME_CACHE can be written"
)

// A certificate is about to expire when less than both of these is left. Renewal is due
// earlier: autocert and other programs renew when a third is left, or 30 days.
const (
	soon       = 14 * 24 * time.Hour
	soonOfLife = 5 // a fifth, for those that live for days
)

// watch returns get with a check of each certificate.
func (e *expiry) watch(get getCertificate) getCertificate {
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		cert, err := get(hello)
		if err == nil && cert.Leaf != nil { // challenge certificates have none, and are not renewed
			e.look(hello, cert.Leaf)
		}
		return cert, err
	}
}

func (e *expiry) look(hello *tls.ClientHelloInfo, leaf *x509.Certificate) {
	left := time.Until(leaf.NotAfter)
	if left >= min(soon, leaf.NotAfter.Sub(leaf.NotBefore)/soonOfLife) {
		return
	}
	ended := left < 0
	line, _ := e.logged.LoadOrStore(expiryLine{leaf.SerialNumber.String(), ended}, new(logging.Sampled))
	if !line.(*logging.Sampled).Due(time.Hour) {
		return
	}
	level, message := slog.LevelWarn, "the certificate expires soon: "
	if ended {
		level, message = slog.LevelError, "the certificate has expired and clients reject it: "
	}
	name := cmp.Or(slices.Concat(leaf.DNSNames, []string{leaf.Subject.CommonName})...)
	e.logger.LogAttrs(hello.Context(), level, message+e.renew, slog.String("name", name), slog.Time("end", leaf.NotAfter))
}
