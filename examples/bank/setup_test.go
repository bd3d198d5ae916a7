package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// serveEnv makes this program serve the bank on a database, see startProcess. With sweepEnv it
// looks for due transfers all the time.
const (
	serveEnv = "PLINTH_BANKTEST_SERVE"
	sweepEnv = "PLINTH_BANKTEST_SWEEP"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(serveEnv); url != "" {
		if err := serve(context.Background(), url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	leaktest.Main(m)
}

// serve writes where it listens and serves until its standard input ends.
func serve(ctx context.Context, url string) error {
	ctx, stop := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	config := testConfig(url)
	config.Listen = func(ctx context.Context, network, addr string) (net.Listener, error) {
		l, err := (&net.ListenConfig{}).Listen(ctx, network, addr)
		if err == nil {
			fmt.Fprintln(os.Stderr, "http://"+l.Addr().String())
		}
		return l, err
	}
	b, err := newBank(ctx, config)
	if err != nil {
		return err
	}
	if os.Getenv(sweepEnv) != "" {
		b.app.Background("sweep", func(ctx context.Context) error {
			for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
				if err := b.schedule.enqueueDue(ctx, time.Now()); err != nil {
					fmt.Fprintln(os.Stderr, err)
				}
			}
			return nil
		})
	}
	return b.app.Run(ctx)
}

// testConfig is the configuration of a bank on a database whose callers are named by a header.
func testConfig(url string) plinth.Config {
	config := plinth.Config{Addr: "127.0.0.1:0", DatabaseURL: url, Authenticator: callerHeader{}, Logger: slog.New(slog.DiscardHandler)}
	config.Rates.Address.Requests, config.Rates.Caller.Requests = -1, -1
	return config
}

// callerHeader authenticates tests. The header X-Caller is the ID of a user, and further
// words are "aal2" and "staff".
type callerHeader struct{}

func (callerHeader) Authenticate(r *http.Request) (auth.Principal, error) {
	var id, level, role string
	if n, _ := fmt.Sscan(r.Header.Get("X-Caller"), &id, &level, &role); n == 0 {
		return auth.Principal{}, nil
	}
	p := auth.Principal{Kind: auth.User, ID: id, AAL: 1}
	if level == "aal2" {
		p.AAL = 2
	}
	if role != "" {
		p.Roles = []string{role}
	}
	return p, nil
}

// fixture is a bank in the process of a test.
type fixture struct {
	*bank
	handler http.Handler
	cash    *Account // of the bank, from which opening balances come
}

// engines runs a test on both engines, each with an empty database.
func engines(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	for engine, url := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "bank.db") },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, newFixture(t, url(t)))
		})
	}
}

func newFixture(t *testing.T, url string) *fixture {
	t.Helper()
	b, err := newBank(t.Context(), testConfig(url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.app.DB().Close() })
	f := &fixture{bank: b}
	if f.handler, err = b.app.Handler(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.cash = f.open(t, nil, "Amsel Bank", 0)
	return f
}

// customer makes a customer with a limit for a day.
func (f *fixture) customer(t *testing.T, limit int64) *Customer {
	t.Helper()
	id := store.NewID()
	c := &Customer{Model: store.Model{ID: id}, Name: "Ada Brandt", Email: id.String() + "@example.org", DailyLimit: limit}
	if err := store.For[Customer](f.app.DB()).Insert(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return c
}

// open makes an account with a balance. One without an owner can go below zero.
func (f *fixture) open(t *testing.T, owner *Customer, holder string, balance int64) *Account {
	t.Helper()
	a := &Account{Model: store.Model{ID: store.NewID()}, Holder: holder, Name: "Everyday", Lowest: -1 << 40}
	a.Number = strings.ToUpper("DE" + a.ID.String())
	if owner != nil {
		a.OwnerID, a.Lowest = &owner.ID, 0
	}
	err := f.app.DB().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := store.For[Account](tx).Insert(ctx, a); err != nil || balance == 0 {
			return err
		}
		return post(ctx, tx, &Transfer{ByID: f.cash.ID, Key: a.Number, Amount: balance, Reference: "Opening balance"}, f.cash, a)
	})
	if err != nil {
		t.Fatal(err)
	}
	return f.account(t, a.ID)
}

// account reads an account.
func (f *fixture) account(t *testing.T, id store.ID) *Account {
	t.Helper()
	a, err := store.For[Account](f.app.DB()).Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// book books an order in a transaction of its own.
func (f *fixture) book(ctx context.Context, o Order) (t *Transfer, err error) {
	err = f.app.DB().Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err = book(ctx, tx, o)
		return err
	})
	return t, err
}

// check fails the test if the ledger is wrong.
func (f *fixture) check(t *testing.T) {
	t.Helper()
	if err := CheckLedger(t.Context(), f.app.DB()); err != nil {
		t.Error(err)
	}
}

// as returns a client of the application for a caller, see callerHeader.
func (f *fixture) as(t *testing.T, caller string) apitest.Client {
	t.Helper()
	return apitest.New(t, f.handler).With("X-Caller", caller)
}
