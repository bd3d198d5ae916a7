package mail_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/seed-7694ebf6/plinth/api/mail"
)

const (
	user   = "app"
	secret = "correct horse battery"
	link   = "https://example.org/auth/v1/verify?token=SECRETTOKEN&type=recovery"
	digits = "987654"
)

var values = map[string]string{
	"link": link, "code": digits, "email": "ann@example.org", "site": "https://example.org", "expires": "1h0m0s",
}

// received is a mail as the server got it.
type received struct {
	from, to string
	utf8     bool
	raw      []byte
}

// server is a real SMTP server of a test.
type server struct {
	*smtp.Server
	host  string
	port  int
	roots *x509.CertPool

	conns   atomic.Int32 // that there were
	live    atomic.Int32 // that there are
	mu      sync.Mutex
	mails   []received
	refused map[string]error // by step: from, to, content
	open    []net.Conn
}

// serve starts a server. change may take abilities away from it.
func serve(t *testing.T, change func(*server)) *server {
	t.Helper()
	cert, roots := certificate(t)
	s := &server{host: "127.0.0.1", roots: roots, refused: map[string]error{}}
	s.Server = smtp.NewServer(s)
	s.Domain, s.ReadTimeout, s.WriteTimeout, s.EnableSMTPUTF8 = "mx.test", 10*time.Second, 10*time.Second, true
	s.ErrorLog = quiet{}
	s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	if change != nil {
		change(s)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	done := make(chan error, 1)
	go func() { done <- s.Serve(counting{l, s}) }()
	t.Cleanup(func() {
		_ = s.Close()
		<-done
	})
	return s
}

// quiet is a log for what the tests provoke.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type counting struct {
	net.Listener
	s *server
}

func (c counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.s.conns.Add(1)
		c.s.live.Add(1)
		conn = &closing{Conn: conn, s: c.s}
		c.s.mu.Lock()
		c.s.open = append(c.s.open, conn)
		c.s.mu.Unlock()
	}
	return conn, err
}

type closing struct {
	net.Conn
	s    *server
	once sync.Once
}

func (c *closing) Close() error {
	c.once.Do(func() { c.s.live.Add(-1) })
	return c.Conn.Close()
}

// hangUp ends all connections as a server does that is restarted.
func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.open {
		_ = conn.Close()
	}
}

func (s *server) got() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.mails...)
}

func (s *server) refusal(step string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused[step]
}

// NewSession implements smtp.Backend.
func (s *server) NewSession(c *smtp.Conn) (smtp.Session, error) { return &session{s: s, c: c}, nil }

type session struct {
	s     *server
	c     *smtp.Conn
	known bool
	mail  received
}

func (x *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, password string) error {
		if name != user || password != secret {
			// A server that says too much.
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no, " + password + " is wrong"}
		}
		x.known = true
		return nil
	}), nil
}

func (x *session) Mail(from string, opts *smtp.MailOptions) error {
	if !x.known {
		return smtp.ErrAuthRequired
	}
	x.mail = received{from: from, utf8: opts.UTF8}
	return x.s.refusal("from")
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.mail.to = to
	return x.s.refusal("to")
}

func (x *session) Data(r io.Reader) (err error) {
	if x.mail.raw, err = io.ReadAll(r); err != nil {
		return err
	}
	if err := x.s.refusal("content"); err != nil {
		return err
	}
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.s.mails = append(x.s.mails, x.mail)
	return nil
}

func (x *session) Reset()        {}
func (x *session) Logout() error { return nil }

// certificate makes one for 127.0.0.1 and those who believe it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx.test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// sender returns a sender to a server.
func (s *server) sender(t *testing.T, change func(*mail.SMTPConfig)) *mail.SMTP {
	t.Helper()
	cfg := mail.SMTPConfig{
		Host: s.host, Port: s.port, RootCAs: s.roots, Username: user, Password: secret, From: "Exämple <accounts@example.org>", Timeout: 5 * time.Second,
	}
	if change != nil {
		change(&cfg)
	}
	out, err := mail.NewSMTP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	return out
}

// parsed is a mail as a reader's program sees it.
type parsed struct {
	header netmail.Header
	parts  map[string]string // by media type
}

func parse(t *testing.T, raw []byte) parsed {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	media, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || media != "multipart/alternative" {
		t.Fatalf("Content-Type %q: %v", m.Header.Get("Content-Type"), err)
	}
	out := parsed{m.Header, map[string]string{}}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := part.Header.Get("Content-Transfer-Encoding"); got != "quoted-printable" {
			t.Errorf("Content-Transfer-Encoding %q", got)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		media, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil || !strings.EqualFold(params["charset"], "UTF-8") {
			t.Errorf("Content-Type of a part %q: %v", part.Header.Get("Content-Type"), err)
		}
		out.parts[media] = string(body)
	}
}

// serveTLS lets a server listen at another port, encrypted from the first byte.
func serveTLS(t *testing.T, s *server) (port int) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", s.TLSConfig)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }() // ends with the server
	return l.Addr().(*net.TCPAddr).Port
}
