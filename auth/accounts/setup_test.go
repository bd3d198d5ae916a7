package accounts_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

const publicURL = "https://example.test/auth/v1"

// roomy are limits that only tests of limits meet.
var roomy = accounts.Limits{
	Guesses: accounts.Limit{Count: 10_000}, AddressGuesses: accounts.Limit{Count: 10_000}, AccountGuesses: 10_000,
	Requests: accounts.Limit{Count: 10_000}, Mails: accounts.Limit{Count: 10_000}, NumberSMS: accounts.Limit{Count: 10_000}, AddressSMS: accounts.Limit{Count: 10_000}, SMS: accounts.Limit{Count: 10_000},
}

// world is accounts with a clock that tests set.
type world struct {
	t   *testing.T
	db  *store.DB
	a   *accounts.Accounts
	cfg accounts.Config
	now *atomic.Int64

	mailbox *mailbox // of everybody; Config.Mailer
}

func (w *world) advance(d time.Duration) { w.now.Add(int64(d)) }

// engines runs a test on both engines.
func engines(t *testing.T, change func(*accounts.Config), test func(t *testing.T, w *world), opts ...storetest.Option) {
	t.Helper()
	t.Parallel()
	each(t, change, test, opts...)
}

// measure runs a test on one engine and then on the other, beside no other test of
// the package.
func measure(t *testing.T, change func(*accounts.Config), test func(t *testing.T, w *world)) {
	t.Helper()
	var one sync.Mutex
	each(t, change, func(t *testing.T, w *world) {
		one.Lock()
		defer one.Unlock()
		test(t, w)
	})
}

func each(t *testing.T, change func(*accounts.Config), test func(t *testing.T, w *world), opts ...storetest.Option) {
	t.Helper()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		w := &world{t: t, db: db, now: new(atomic.Int64), mailbox: new(mailbox)}
		w.now.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano())
		cfg := accounts.Config{
			MasterKeys: [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, PublicURL: publicURL, SiteURL: "https://example.test",
			Autoconfirm: true, Mailer: w.mailbox, MinResponseTime: -1, Hashes: password.Config{Memory: 64, Time: 1, Wait: time.Minute}, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
			Now:    func() time.Time { return time.Unix(0, w.now.Load()) },
			Limits: roomy,
		}
		if change != nil {
			change(&cfg)
		}
		w.cfg = cfg
		var err error
		if w.a, err = accounts.New(db, cfg); err != nil {
			t.Fatal(err)
		}
		test(t, w)
	}, append(opts, storetest.From(migrated))...)
}

// migrated is a database with the tables of accounts, which tests copy.
var migrated = storetest.NewTemplate(func(ctx context.Context, db *store.DB) error {
	if err := accounts.Register(db); err != nil {
		return err
	}
	m, err := migrate.New(db, accounts.Migrations())
	if err != nil {
		return err
	}
	if _, err := m.Up(ctx); err != nil {
		return err
	}
	return migrate.Verify(ctx, db, accounts.Migrations())
})

// answer is an answer and its body.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	text   string
}

// code is the code of an error.
func (a *answer) code() string {
	code, _ := a.body["error_code"].(string)
	return code
}

func (a *answer) str(name string) string {
	text, _ := a.body[name].(string)
	return text
}

// do sends a request: "POST /signup".
func (w *world) do(line, token, body string) *answer {
	w.t.Helper()
	return w.send(w.request(line, token, body))
}

// request makes a request.
func (w *world) request(line, token, body string) *http.Request {
	method, target, _ := strings.Cut(line, " ")
	r := httptest.NewRequestWithContext(w.t.Context(), method, target, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.1:1234"
	if body != "" {
		r.Header.Set("Content-Type", "application/json;charset=UTF-8")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

// send has a request answered.
func (w *world) send(r *http.Request) *answer {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.a.ServeHTTP(rec, r)
	out := &answer{status: rec.Code, header: rec.Header(), text: rec.Body.String(), body: map[string]any{}}
	if rec.Body.Len() > 0 && out.text[0] != '[' {
		if err := json.Unmarshal(rec.Body.Bytes(), &out.body); err != nil {
			w.t.Errorf("%s %s: %v in %s", r.Method, r.URL, err, out.text)
		}
	}
	return out
}

// must fails the test unless the answer has a status.
func (w *world) must(status int, a *answer) *answer {
	w.t.Helper()
	if a.status != status {
		w.t.Fatalf("status %d, want %d: %s", a.status, status, a.text)
	}
	return a
}

const ann = `{"email":"ann@example.org","password":"a good password"}`

// secretKey is a key that manages accounts, where withSecretKey has configured it.
const secretKey = "sb_secret_0123456789abcdef0123456789abcdef"

func withSecretKey(c *accounts.Config) {
	c.Keys = auth.Keys{Secret: []string{secretKey}}
}

// The two sides of a flow of RFC 7636, of its appendix B.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// newSQLite opens an empty database.
func newSQLite(t testing.TB) *store.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), ":memory:", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
