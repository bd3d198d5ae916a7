package accounts_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// measured returns accounts as programs have them, with a quick hash if that does not
// matter.
func measured(tb testing.TB, db *store.DB, hashes password.Config) *accounts.Accounts {
	tb.Helper()
	a, err := accounts.New(db, accounts.Config{
		MasterKeys: [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, PublicURL: publicURL, SiteURL: "https://example.test",
		Autoconfirm: true, Hashes: hashes, Cookies: true, Limits: accounts.Limits{Requests: accounts.Limit{Count: -1}}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	m, err := migrate.New(db, accounts.Migrations())
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := m.Up(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return a
}

// post sends a request from an address of its own for each i.
func post(tb testing.TB, a *accounts.Accounts, i int, target, body, cookie string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, target, strings.NewReader(body))
	r.RemoteAddr = fmt.Sprintf("10.0.%d.%d:1", i/250, i%250)
	r.Header.Set("Content-Type", "application/json")
	if cookie != "" {
		r.Header.Set("X-Plinth-Session", "cookie")
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		tb.Errorf("%d %s", w.Code, w.Body)
	}
	return w
}

// BenchmarkVerify is what a request costs that comes with an access token: the first
// time, each other time, with 10,000 sessions that have ended to look through, and
// with a cookie.
func BenchmarkVerify(b *testing.B) {
	db := storetest.New(b)
	a := measured(b, db, password.Config{Memory: 64, Time: 1})
	up := post(b, a, 0, "/signup", ann, "")
	_, token, _ := strings.Cut(up.Body.String(), `"access_token":"`)
	token, _, _ = strings.Cut(token, `"`)
	verify := func(b *testing.B, forget bool) {
		b.ReportAllocs()
		for b.Loop() {
			if forget {
				a.ForgetVerified()
			}
			if _, err := a.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("first", func(b *testing.B) { verify(b, true) })
	b.Run("again", func(b *testing.B) { verify(b, false) })
	b.Run("cookie", func(b *testing.B) {
		in := post(b, a, 0, passwordLine[len("POST "):], ann, "cookie")
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/rest/v1/notes", nil)
		r.AddCookie((&http.Response{Header: in.Header()}).Cookies()[0])
		b.ReportAllocs()
		for b.Loop() {
			if p, err := auth.Authenticate(a.Authenticator(), r); err != nil || p.Kind != auth.User {
				b.Fatal(err)
			}
		}
	})
	b.Run("10,000 revocations", func(b *testing.B) { a.RevokeSome(10_000); verify(b, false) })
	b.Run("look-up among them", func(b *testing.B) {
		look := a.LookUp(token)
		b.ReportAllocs()
		for b.Loop() {
			look()
		}
	})
}

// BenchmarkLogin is a login beside the bare hash of its password, each by eight
// clients at a time.
func BenchmarkLogin(b *testing.B) {
	db := storetest.New(b)
	l := newLogins(b, db)
	b.Run("hash", func(b *testing.B) { parallel(b, l.hash) })
	b.Run("login", func(b *testing.B) { parallel(b, l.login) })
}

// BenchmarkRefresh is the rotation of the refresh token of one session.
func BenchmarkRefresh(b *testing.B) {
	for engine, db := range map[string]*store.DB{"sqlite": storetest.New(b), "postgres": storetest.NewPostgres(b, pgtest.Source())} {
		a := measured(b, db, password.Config{Memory: 64, Time: 1})
		if _, err := a.CreateUser(b.Context(), accounts.NewUser{Email: "user@example.org", Password: "a good password", EmailConfirmed: true}); err != nil {
			b.Fatal(err)
		}
		answer := post(b, a, 0, passwordLine[len("POST "):], login("user@example.org", "a good password"), "")
		b.Run(engine, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				var tokens struct {
					Refresh string `json:"refresh_token"`
				}
				if err := json.Unmarshal(answer.Body.Bytes(), &tokens); err != nil {
					b.Fatal(err)
				}
				answer = post(b, a, i, refreshLine[len("POST "):], refreshBody(tokens.Refresh), "")
			}
		})
	}
}

func parallel(b *testing.B, one func(client int)) {
	var next atomic.Int64
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		client := int(next.Add(1))
		for pb.Next() {
			one(client)
		}
	})
}

// logins are users who log in.
type logins struct {
	tb     testing.TB
	a      *accounts.Accounts
	hasher *password.Hasher
	stored string
}

const loginUsers = 64

func newLogins(tb testing.TB, db *store.DB) *logins {
	tb.Helper()
	patient := password.Config{Wait: time.Minute} // a busy machine sends nobody away
	l := &logins{tb: tb, a: measured(tb, db, patient)}
	var err error
	if l.hasher, err = password.New(patient); err != nil {
		tb.Fatal(err)
	}
	if l.stored, err = l.hasher.Hash(tb.Context(), "a good password"); err != nil {
		tb.Fatal(err)
	}
	for i := range loginUsers {
		u := accounts.NewUser{Email: fmt.Sprintf("user%d@example.org", i), PasswordHash: l.stored, EmailConfirmed: true}
		if _, err := l.a.CreateUser(tb.Context(), u); err != nil {
			tb.Fatal(err)
		}
	}
	return l
}

func (l *logins) hash(int) {
	if _, err := l.hasher.Verify(l.tb.Context(), l.stored, "a good password"); err != nil {
		l.tb.Error(err)
	}
}

func (l *logins) login(client int) {
	client %= loginUsers
	post(l.tb, l.a, client, passwordLine[len("POST "):], login(fmt.Sprintf("user%d@example.org", client), "a good password"), "")
}
