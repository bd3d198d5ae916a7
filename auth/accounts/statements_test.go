package accounts_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// statements are the texts that each engine is sent.
type statements struct {
	mu    sync.Mutex
	texts map[string][]string
}

func (s *statements) Start(ctx context.Context, one store.TracedStatement) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts[one.Engine] = append(s.texts[one.Engine], one.SQL)
	return ctx
}

func (s *statements) End(context.Context, store.TracedStatement, store.TraceOutcome) {}

// take returns the texts since the last time.
func (s *statements) take(engine string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	texts := s.texts[engine]
	delete(s.texts, engine)
	return texts
}

// TestLoginStatements: a login takes few statements, the same number for each reason to
// refuse it.
func TestLoginStatements(t *testing.T) {
	t.Parallel()
	s := &statements{texts: make(map[string][]string)}
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		engine := db.Capabilities().Engine
		w := &world{t: t, db: db, mailbox: new(mailbox)}
		w.a = measured(t, db, password.Config{Memory: 64, Time: 1})
		w.addPeople()
		sent := func(name, password string) []string {
			s.take(engine)
			w.do(passwordLine, "", login(name+"@example.org", password))
			return s.take(engine)
		}
		wrong := make(map[string][]string)
		for range 2 { // the first time budgets are begun
			for _, name := range people {
				wrong[name] = sent(name, "not the password")
			}
		}
		for _, name := range people {
			if len(wrong[name]) == 0 || !slices.Equal(wrong[name], wrong["absent"]) {
				t.Errorf("%s: %q\nabsent: %q", name, wrong[name], wrong["absent"])
			}
		}
		var right []string
		for range 3 { // the first time guesses are forgiven, the next one budgets are begun anew
			right = sent("known", "a good password")
		}
		if engine == "postgres" && len(right) != 10 {
			t.Errorf("a login sends %d statements: %q", len(right), right)
		}
	}, storetest.Store(store.Options{Tracers: []store.Tracer{s}}))
}

// TestMailStatements: a request for a mail takes the same statements with and without an
// account, the job of the mail included.
func TestMailStatements(t *testing.T) {
	t.Parallel()
	s := &statements{texts: make(map[string][]string)}
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		engine := db.Capabilities().Engine
		w := &world{t: t, db: db, mailbox: new(mailbox), now: new(atomic.Int64)}
		w.now.Store(time.Now().UnixNano())
		var err error
		w.a, err = accounts.New(db, accounts.Config{
			MasterKeys: [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, PublicURL: publicURL, SiteURL: siteURL, Mailer: w.mailbox, Limits: roomy,
			MinResponseTime: -1, Hashes: password.Config{Memory: 64, Time: 1}, Now: func() time.Time { return time.Unix(0, w.now.Load()) },
		})
		if err != nil {
			t.Fatal(err)
		}
		w.addPeople()
		w.advance(time.Hour) // the mails of the sign-ups were an hour ago
		for _, what := range mailed {
			sent := map[string][]string{}
			for round := range 2 { // the first time budgets of addresses are begun
				w.advance(2 * time.Minute)
				w.must(200, w.do("POST /"+what[0], "", fmt.Sprintf(what[1], fmt.Sprint("other", round)))) // begins that of the client
				for _, name := range people {
					s.take(engine)
					w.must(200, w.do("POST /"+what[0], "", fmt.Sprintf(what[1], name)))
					sent[name] = s.take(engine)
				}
			}
			for _, name := range people {
				if !slices.Equal(sent[name], sent["absent"]) {
					t.Errorf("%s of %s: %q\nabsent: %q", what[0], name, sent[name], sent["absent"])
				}
			}
			if !slices.ContainsFunc(sent["absent"], func(text string) bool { return strings.Contains(text, "insert into plinth_jobs") }) {
				t.Errorf("%s queues no mail: %q", what[0], sent["absent"])
			}
		}
	}, storetest.From(migrated), storetest.Store(store.Options{Tracers: []store.Tracer{s}}))
}

// TestEmailChangeStatements: the mails of a change do not read the user again.
func TestEmailChangeStatements(t *testing.T) {
	s := &statements{texts: make(map[string][]string)}
	engines(t, confirmed, func(t *testing.T, w *world) {
		engine := w.db.Capabilities().Engine
		token := w.account("ann@example.org")
		s.take(engine)
		w.must(200, w.do("PUT /user", token, `{"email":"eve@example.org"}`))
		made, mails := false, 0
		for _, text := range s.take(engine) {
			switch {
			case strings.Contains(text, `insert into "auth_codes"`):
				made = true
			case strings.Contains(text, "insert into plinth_jobs"):
				made = false
				mails++
			case made && strings.HasPrefix(text, "select"):
				t.Errorf("between a code and its mail: %s", text)
			}
		}
		if mails != 2 || made {
			t.Errorf("%d mails, of a code without one: %t", mails, made)
		}
	}, storetest.Store(store.Options{Tracers: []store.Tracer{s}}))
}
