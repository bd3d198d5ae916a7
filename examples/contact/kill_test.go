package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	random "math/rand/v2"
	"net"
	"net/http"
	stdmail "net/mail"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestKilledBetweenSteps: whenever the program is killed, and while the mail server is down,
// each message is stored once and its mail has one Message-ID, which arrives.
func TestKilledBetweenSteps(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "darwin" {
		t.Skip("each form is sent from an IP address of its own, of 127.0.0.0/8")
	}
	binary := filepath.Join(t.TempDir(), "contact")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "contact.db")
		runKills(t, binary, file, func() (*store.DB, error) { return sqlite.Open(t.Context(), file, nil) })
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Start(t, pgtest.Options{Fsync: true}).URL()
		runKills(t, binary, url, func() (*store.DB, error) { return postgres.Open(t.Context(), url, nil) })
	})
}

// The steps at which the program is killed.
const (
	whileStoring    = "while forms are stored"
	whileDown       = "while the mail server is down"
	whileConnecting = "when it connects to the mail server"
	whileSending    = "when it names the sender of a mail"
	beforeAnswer    = "when the mail server has the mail, before it answers"
	afterAnswer     = "when the mail server has answered"
)

func runKills(t *testing.T, binary, database string, open func() (*store.DB, error)) {
	t.Helper()
	steps := []string{whileStoring, whileDown, whileConnecting, whileSending, beforeAnswer, afterAnswer}
	if programtest.Long() {
		for range 5 {
			steps = append(steps, steps[:6]...)
		}
	}
	r := random.New(random.NewPCG(programtest.Seed(t, uint64(time.Now().UnixNano())), 0))
	server := startMailServer(t)
	forms := &forms{}
	for round, step := range steps {
		p := startProgram(t, binary, database, server.addr)
		server.at(step, p.kill)
		forms.add(fmt.Sprintf("round %d", round), 3)
		var wg sync.WaitGroup
		for _, f := range forms.open() {
			wg.Go(func() { f.send(t.Context(), p.base) })
		}
		switch step {
		case whileStoring:
			time.Sleep(time.Duration(r.IntN(30)) * time.Millisecond)
			p.kill()
		case whileDown:
			time.Sleep(time.Second)
			p.kill()
		}
		select {
		case <-p.ended:
		case <-time.After(40 * time.Second): // other mails wait for a lease
			t.Fatalf("the program was not killed %s", step)
		}
		wg.Wait()
	}
	server.at("", nil)
	p := startProgram(t, binary, database, server.addr)
	for _, f := range forms.open() {
		if f.send(t.Context(), p.base); !f.acknowledged {
			t.Fatalf("the form %s is not accepted", f.subject)
		}
	}
	programtest.Until(t, time.Minute, "all mails have arrived", func() bool { return len(server.ids()) >= len(forms.all) })
	p.kill()
	<-p.ended
	checkMessages(t, forms, server, open)
}

// checkMessages compares what was stored and mailed with what was sent.
func checkMessages(t *testing.T, forms *forms, server *mailServer, open func() (*store.DB, error)) {
	t.Helper()
	db, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() // read only
	messages, err := store.For[Message](db).List(t.Context(), store.Query{With: []store.Embed{{Relation: "mails"}}})
	if err != nil {
		t.Fatal(err)
	}
	stored, mailed := map[string]int{}, server.ids()
	for _, m := range messages {
		stored[m.Subject]++
		if len(m.Mails) != 1 {
			t.Errorf("%s has %d mails", m.Subject, len(m.Mails))
		}
	}
	for _, f := range forms.all {
		if stored[f.subject] != 1 || len(mailed[f.subject]) != 1 {
			t.Errorf("%s is stored %d times, and mailed with the ids %v", f.subject, stored[f.subject], mailed[f.subject])
		}
	}
	if len(messages) != len(forms.all) || len(mailed) != len(forms.all) {
		t.Errorf("%d messages, mails about %d, want %d", len(messages), len(mailed), len(forms.all))
	}
	t.Logf("%d messages, %d deliveries", len(messages), server.deliveries())
}

// form is a form that is sent until it is acknowledged, each time with its token.
type form struct {
	subject, token string
	acknowledged   bool
}

type forms struct{ all []*form }

func (f *forms) add(name string, n int) {
	for i := range n {
		f.all = append(f.all, &form{subject: fmt.Sprintf("%s, form %d", name, i), token: rand.Text()})
	}
}

func (f *forms) open() (list []*form) {
	for _, form := range f.all {
		if !form.acknowledged {
			list = append(list, form)
		}
	}
	return list
}

// send sends the form once, from an IP address of its own: an address has few messages.
func (f *form) send(ctx context.Context, base string) {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, byte(random.IntN(250)), byte(random.IntN(250)), byte(1+random.IntN(250)))}}
	client := &http.Client{
		Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: dialer.DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base, strings.NewReader(filled(f.token, f.subject).Encode()))
	if err != nil {
		return
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(r)
	if err != nil {
		return // killed
	}
	defer res.Body.Close() // its content does not matter
	f.acknowledged = res.StatusCode == http.StatusSeeOther && res.Header.Get("Location") == "/thanks?token="+url.QueryEscape(f.token)
}

// program is the application as a process that can be killed.
type program struct {
	base  string
	kill  func()
	ended chan struct{}
}

var basePattern = regexp.MustCompile(`development mode on (\S+)`)

// startProgram starts the application and waits until it serves.
func startProgram(t *testing.T, binary, database, smtpAddr string) *program {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), binary)
	cmd.Env = append(os.Environ(), "PLINTH_ADDR=127.0.0.1:0", "PLINTH_DATABASE_URL="+database,
		"PLINTH_SMTP_URL=smtp://"+smtpAddr, "PLINTH_MAIL_FROM=Contact <contact@example.org>", "CONTACT_TEAM=team@example.org")
	cmd.Dir = t.TempDir()
	var errs strings.Builder
	cmd.Stderr = &errs
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the program says: %s", errs.String())
		}
	})
	out, err := cmd.StdoutPipe()
	if err := errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	p := &program{ended: make(chan struct{}), kill: sync.OnceFunc(func() { _ = cmd.Process.Kill() })}
	t.Cleanup(func() {
		p.kill()
		<-p.ended
	})
	text := make([]byte, 0, 4096)
	for !basePattern.Match(text) && len(text) < cap(text) {
		n, err := out.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		if err != nil {
			break
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait() // killed
		close(p.ended)
	}()
	match := basePattern.FindSubmatch(text)
	if match == nil {
		p.kill()
		<-p.ended
		t.Fatalf("the program does not start: %s%s", text, errs.String())
	}
	p.base = string(match[1])
	programtest.Await(t, strings.TrimPrefix(p.base, "http://"))
	return p
}

// mailServer is an SMTP server that kills the program at a step.
type mailServer struct {
	addr string

	mu   sync.Mutex
	step string
	kill func()
	got  map[string][]string // Message-IDs by subject
}

func startMailServer(t *testing.T) *mailServer {
	t.Helper()
	s := &mailServer{got: map[string][]string{}}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = listener.Addr().String()
	server := smtp.NewServer(s)
	server.Domain, server.ErrorLog = "mx.example.org", log.New(io.Discard, "", 0)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // until it is closed
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return s
}

// at makes the server kill the program at a step.
func (s *mailServer) at(step string, kill func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step, s.kill = step, kill
}

// reached kills the program if it is at a step.
func (s *mailServer) reached(step string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.step != step {
		return false
	}
	s.kill()
	return true
}

// ids returns the different Message-IDs by subject.
func (s *mailServer) ids() map[string][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := map[string][]string{}
	for subject, all := range s.got {
		seen := map[string]bool{}
		for _, id := range all {
			if !seen[id] {
				seen[id] = true
				ids[subject] = append(ids[subject], id)
			}
		}
	}
	return ids
}

func (s *mailServer) deliveries() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, all := range s.got {
		n += len(all)
	}
	return n
}

var errDown = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "shutting down"}

// NewSession implements [smtp.Backend].
func (s *mailServer) NewSession(*smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	down := s.step == whileDown
	s.mu.Unlock()
	if down || s.reached(whileConnecting) {
		return nil, errDown
	}
	return mailSession{s}, nil
}

// mailSession implements [smtp.Session].
type mailSession struct{ *mailServer }

func (s mailSession) Mail(string, *smtp.MailOptions) error {
	if s.reached(whileSending) {
		return errDown
	}
	return nil
}

func (s mailSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (s mailSession) Data(r io.Reader) error {
	m, err := stdmail.ReadMessage(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.got[m.Header.Get("Subject")] = append(s.got[m.Header.Get("Subject")], m.Header.Get("Message-Id"))
	s.mu.Unlock()
	s.reached(beforeAnswer)
	time.AfterFunc(time.Millisecond, func() { s.reached(afterAnswer) })
	return nil
}

func (s mailSession) Reset()        {}
func (s mailSession) Logout() error { return nil }
