package mail_test

import (
	"context"
	"errors"
	"html"
	"mime"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestSMTP: a mail goes by STARTTLS and AUTH to a server and arrives whole.
func TestSMTP(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	now := time.Date(2026, 11, 20, 18, 0, 0, 0, time.FixedZone("", 3600))
	sender := s.sender(t, func(c *mail.SMTPConfig) { c.Now = func() time.Time { return now } })
	if err := sender.Send(t.Context(), "ann@example.org", "recovery", "de-AT", values); err != nil {
		t.Fatal(err)
	}
	got := s.got()
	if len(got) != 1 || got[0].from != "accounts@example.org" || got[0].to != "ann@example.org" || got[0].utf8 {
		t.Fatalf("received %+v", got)
	}
	m := parse(t, got[0].raw)
	from, err := m.header.AddressList("From")
	if err != nil || len(from) != 1 || *from[0] != (netmail.Address{Name: "Exämple", Address: "accounts@example.org"}) {
		t.Errorf("From %v, %v", from, err)
	}
	if date, err := m.header.Date(); err != nil || !date.Equal(now) {
		t.Errorf("Date %v, %v", date, err)
	}
	for name, want := range map[string]string{
		"To": "<ann@example.org>", "Auto-Submitted": "auto-generated", "Content-Language": "de", "Mime-Version": "1.0", "User-Agent": "", "X-Mailer": "",
	} {
		if got := m.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	id := m.header.Get("Message-Id")
	if !strings.HasPrefix(id, "<") || !strings.HasSuffix(id, "@example.org>") || len(id) < len("<@example.org>")+22 {
		t.Errorf("Message-ID %q", id)
	}
	if subject, err := new(mime.WordDecoder).DecodeHeader(m.header.Get("Subject")); err != nil || subject != "Setzen Sie Ihr Passwort neu" {
		t.Errorf("Subject %q, %v", subject, err)
	}
	text, page := m.parts["text/plain"], m.parts["text/html"]
	if !strings.Contains(text, "\n"+link+"\r\n") && !strings.Contains(text, "\r\n"+link+"\r\n") || !strings.Contains(text, digits) || !strings.Contains(text, "60 Minuten") {
		t.Errorf("text: %s", text)
	}
	if !strings.Contains(page, `href="`+html.EscapeString(link)+`"`) || !strings.Contains(page, digits) || !strings.Contains(page, "möchte") {
		t.Errorf("HTML: %s", page)
	}
}

func TestSMTPImplicitTLS(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	implicit := serveTLS(t, s)
	sender := s.sender(t, func(c *mail.SMTPConfig) { c.Port, c.ImplicitTLS = implicit, true })
	if err := sender.Send(t.Context(), "ann@example.org", "invite", "", values); err != nil || len(s.got()) != 1 {
		t.Errorf("%v, %d mails", err, len(s.got()))
	}
	stranger := s.sender(t, func(c *mail.SMTPConfig) { c.Port, c.ImplicitTLS, c.RootCAs = implicit, true, nil })
	if err := stranger.Send(t.Context(), "ann@example.org", "invite", "", values); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
}

// TestSMTPReuse: mails go over one connection, one after the other, and over a new
// one where the server has ended it.
func TestSMTPReuse(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	sender := s.sender(t, nil)
	send := func() error { return sender.Send(t.Context(), "ann@example.org", "invite", "", values) }
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if err := send(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(s.got()) != 10 || s.conns.Load() != 1 {
		t.Errorf("%d mails over %d connections", len(s.got()), s.conns.Load())
	}
	s.hangUp()
	if err := send(); err != nil || len(s.got()) != 11 || s.conns.Load() != 2 {
		t.Errorf("after the server hung up: %v, %d mails over %d connections", err, len(s.got()), s.conns.Load())
	}
	if err := sender.Close(); err != nil {
		t.Error(err)
	}
	if err := send(); err != nil || s.conns.Load() != 3 {
		t.Errorf("after Close: %v, %d connections", err, s.conns.Load())
	}
	once := s.sender(t, func(c *mail.SMTPConfig) { c.KeepAlive = -1 })
	for range 2 {
		if err := once.Send(t.Context(), "ann@example.org", "invite", "", values); err != nil {
			t.Error(err)
		}
	}
	if s.conns.Load() != 5 {
		t.Errorf("without KeepAlive: %d connections", s.conns.Load())
	}
}

// TestSMTPIdle: a connection that nobody uses is ended.
func TestSMTPIdle(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	sender := s.sender(t, func(c *mail.SMTPConfig) { c.KeepAlive = time.Millisecond })
	if err := sender.Send(t.Context(), "ann@example.org", "invite", "", values); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); ; time.Sleep(time.Millisecond) {
		left := s.live.Load()
		if left == 0 {
			break
		}
		if time.Since(start) > programtest.Within(5*time.Second) {
			t.Fatalf("%d connections are open", left)
		}
	}
	if err := sender.Send(t.Context(), "ann@example.org", "invite", "", values); err != nil || len(s.got()) != 2 {
		t.Errorf("the next one: %v", err)
	}
}

// TestSMTPRefused: what a server refuses is told by step and number, and no error
// tells a secret.
func TestSMTPRefused(t *testing.T) {
	t.Parallel()
	says := func(code int, text string) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 7, 1}, Message: text}
	}
	spill := link + " " + digits + " " + secret
	tests := []struct {
		name      string
		server    func(*server)
		sender    func(*mail.SMTPConfig)
		want      mail.Error
		permanent bool
	}{
		{"password", nil, func(c *mail.SMTPConfig) { c.Password = "wrong and long" }, mail.Error{Op: "auth", Code: 535, Status: "5.7.8"}, false},
		{"nobody", nil, func(c *mail.SMTPConfig) { c.Username, c.Password = "", "" }, mail.Error{Op: "from", Code: 502, Status: "5.7.0", Text: "Please authenticate first"}, false},
		{"sender", func(s *server) { s.refused["from"] = says(550, "not from you") }, nil, mail.Error{Op: "from", Code: 550, Status: "5.7.1", Text: "not from you"}, false},
		{"recipient", func(s *server) { s.refused["to"] = says(450, "try later") }, nil, mail.Error{Op: "to", Code: 450, Status: "4.7.1", Text: "try later"}, false},
		{"unknown", func(s *server) { s.refused["to"] = says(550, "no such user") }, nil, mail.Error{Op: "to", Code: 550, Status: "5.7.1", Text: "no such user"}, true},
		{"busy", func(s *server) { s.refused["content"] = says(451, "later") }, nil, mail.Error{Op: "content", Code: 451, Status: "4.7.1"}, false},
		{"content", func(s *server) { s.refused["content"] = says(554, "spam: "+spill) }, nil, mail.Error{Op: "content", Code: 554, Status: "5.7.1"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tt.server)
			sender := s.sender(t, tt.sender)
			err := sender.Send(t.Context(), "ann@example.org", "recovery", "", values)
			got, ok := errors.AsType[*mail.Error](err)
			if !ok || *got != tt.want || got.Permanent() != tt.permanent {
				t.Fatalf("%+v, want %+v", err, tt.want)
			}
			for _, hidden := range []string{"SECRETTOKEN", digits, secret, "wrong and long"} {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("the error tells %s: %v", hidden, err)
				}
			}
			if len(s.got()) != 0 {
				t.Error("a mail arrived")
			}
		})
	}
}

// TestSMTPAfterRefusal: what one mail is refused for does not hold up the next.
func TestSMTPAfterRefusal(t *testing.T) {
	t.Parallel()
	s := serve(t, func(s *server) { s.refused["to"] = &smtp.SMTPError{Code: 550, Message: "unknown"} })
	sender := s.sender(t, nil)
	if err := sender.Send(t.Context(), "ann@example.org", "invite", "", values); err == nil {
		t.Error("the refusal is lost")
	}
	s.mu.Lock()
	s.refused = nil
	s.mu.Unlock()
	if err := sender.Send(t.Context(), "bob@example.org", "invite", "", values); err != nil || len(s.got()) != 1 {
		t.Errorf("the next one: %v", err)
	}
}

// TestSMTPUnencrypted: nothing is sent to a server that does not encrypt, or whose
// certificate is not its own.
func TestSMTPUnencrypted(t *testing.T) {
	t.Parallel()
	bare := serve(t, func(s *server) { s.TLSConfig, s.AllowInsecureAuth = nil, true })
	sender := bare.sender(t, nil)
	if err := sender.Send(t.Context(), "ann@example.org", "invite", "", values); err == nil || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("without STARTTLS: %v", err)
	}
	plain := bare.sender(t, func(c *mail.SMTPConfig) { c.InsecurePlain = true })
	if err := plain.Send(t.Context(), "ann@example.org", "invite", "", values); err != nil || len(bare.got()) != 1 {
		t.Errorf("unencrypted on one machine: %v", err)
	}
	s := serve(t, nil)
	for name, change := range map[string]func(*mail.SMTPConfig){
		"nobody vouches": func(c *mail.SMTPConfig) { c.RootCAs = nil },
		"another name":   func(c *mail.SMTPConfig) { c.Host = "localhost" },
	} {
		if err := s.sender(t, change).Send(t.Context(), "ann@example.org", "invite", "", values); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(s.got()) != 0 {
		t.Error("a mail arrived")
	}
}

// TestSMTPSlow: a server that says nothing, or stops in the middle, holds nobody up for
// longer than the timeout or the caller's patience.
func TestSMTPSlow(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	release := make(chan struct{})
	stuck := serve(t, nil)
	stuck.Backend = smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &hanging{session{s: stuck, c: c}, release}, nil
	})
	defer close(release)
	for name, port := range map[string]int{"silent": silent.Addr().(*net.TCPAddr).Port, "stuck": stuck.port} {
		sender := stuck.sender(t, func(c *mail.SMTPConfig) { c.Port, c.Timeout = port, 300*time.Millisecond })
		start := time.Now()
		err := sender.Send(t.Context(), "ann@example.org", "invite", "", values)
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > programtest.Within(5*time.Second) {
			t.Errorf("%s: %v after %s", name, err, took)
		}
		patient := stuck.sender(t, func(c *mail.SMTPConfig) { c.Port, c.Timeout = port, time.Minute })
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		start = time.Now()
		err = patient.Send(ctx, "ann@example.org", "invite", "", values)
		if took := time.Since(start); !errors.Is(err, context.Canceled) || took > programtest.Within(5*time.Second) {
			t.Errorf("%s, cancelled: %v after %s", name, err, took)
		}
		if err := patient.Send(ctx, "ann@example.org", "invite", "", values); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled before: %v", name, err)
		}
	}
}

// hanging is a session that does not answer to the content.
type hanging struct {
	session
	release chan struct{}
}

func (h *hanging) Rcpt(string, *smtp.RcptOptions) error {
	<-h.release
	return errors.New("over")
}

// TestSMTPUTF8: addresses beyond ASCII go to servers that take them, and only mails
// to such ask for it.
func TestSMTPUTF8(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	if err := s.sender(t, nil).Send(t.Context(), "änn@example.org", "invite", "", values); err != nil {
		t.Fatal(err)
	}
	if got := s.got(); len(got) != 1 || got[0].to != "änn@example.org" || !got[0].utf8 {
		t.Errorf("received %+v", got)
	}
	old := serve(t, func(s *server) { s.EnableSMTPUTF8 = false })
	if err := old.sender(t, nil).Send(t.Context(), "änn@example.org", "invite", "", values); err == nil || len(old.got()) != 0 {
		t.Errorf("to a server that does not take it: %v", err)
	}
}

func TestSMTPConfig(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*mail.SMTPConfig){
		"no host":             func(c *mail.SMTPConfig) { c.Host = "" },
		"host with a line":    func(c *mail.SMTPConfig) { c.Host = "a\r\nb" },
		"port":                func(c *mail.SMTPConfig) { c.Port = 70000 },
		"plain elsewhere":     func(c *mail.SMTPConfig) { c.InsecurePlain = true },
		"plain and encrypted": func(c *mail.SMTPConfig) { c.Host, c.InsecurePlain, c.ImplicitTLS = "localhost", true, true },
		"half of credentials": func(c *mail.SMTPConfig) { c.Username = "x" },
		"no sender":           func(c *mail.SMTPConfig) { c.From = "" },
		"two senders":         func(c *mail.SMTPConfig) { c.From = "a@example.org, b@example.org" },
		"sender with a line":  func(c *mail.SMTPConfig) { c.From = "\"a\r\nBcc: x@y\" <a@example.org>" },
		"hello with a line":   func(c *mail.SMTPConfig) { c.Hello = "a\nb" },
		"timeout":             func(c *mail.SMTPConfig) { c.Timeout = -1 },
		"keeps too long":      func(c *mail.SMTPConfig) { c.KeepAlive = time.Hour },
	} {
		cfg := mail.SMTPConfig{Host: "smtp.example.org", From: "a@example.org"}
		if _, err := mail.NewSMTP(cfg); err != nil {
			t.Fatal(err)
		}
		change(&cfg)
		if _, err := mail.NewSMTP(cfg); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
