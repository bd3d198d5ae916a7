package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestRevocationSpeed: ended sessions and removed rights reach another process within two
// seconds, 20 times of 20 (5 of each kind), for tokens and for cookies, on PostgreSQL also
// while the connection that listens is cut repeatedly.
func TestRevocationSpeed(t *testing.T) {
	programtest.SkipShort(t)
	engines(t, withCookies, func(t *testing.T, w *world) {
		if w.db.Capabilities().Engine != "postgres" {
			w.revocationSpeed(t, w.db, w.db) // SQLite has one process
			return
		}
		for _, cut := range []bool{false, true} {
			t.Run(fmt.Sprintf("cut=%v", cut), func(t *testing.T) {
				url, _ := pgtest.Source().Open(t)
				dbs := [2]*store.DB{}
				for i := range dbs {
					db, err := postgres.Open(t.Context(), url, nil)
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { _ = db.Close() })
					dbs[i] = db
				}
				for _, db := range dbs {
					background(t, func(ctx context.Context) error { return changelog.Notify(ctx, db) })
				}
				if cut {
					background(t, func(ctx context.Context) error { return cutListeners(ctx, dbs[0]) })
				}
				w.revocationSpeed(t, dbs[0], dbs[1])
			})
		}
	})
}

// background runs a function until the test ends.
func background(t *testing.T, run func(context.Context) error) {
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func cutListeners(ctx context.Context, db *store.DB) error {
	for ctx.Err() == nil {
		_, err := db.Bun().ExecContext(ctx, `select pg_terminate_backend(pid) from pg_stat_activity
			where datname = current_database() and query ilike 'listen %' and pid <> pg_backend_pid()`)
		if err != nil && ctx.Err() == nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

// revocationSpeed makes changes on one instance and waits for the other to know.
func (w *world) revocationSpeed(t *testing.T, here, there *store.DB) {
	w = &world{t: t, db: here, cfg: w.cfg, now: w.now, mailbox: w.mailbox}
	var err error
	if w.a, err = accounts.New(here, w.cfg); err != nil {
		t.Fatal(err)
	}
	m, err := migrate.New(here, accounts.Migrations())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	other, err := accounts.New(there, w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	background(t, other.Run)
	if err := w.a.SaveRole(t.Context(), accounts.Role{Name: "editor", Permissions: []string{"notes.write"}}); err != nil {
		t.Fatal(err)
	}
	created, err := w.a.CreateUser(t.Context(), accounts.NewUser{Email: "ann@example.org", Password: "a good password", EmailConfirmed: true})
	if err != nil {
		t.Fatal(err)
	}
	id, word := created.ID, "a good password"
	changes := map[string]func(token string, i int){
		"sign-out": func(token string, _ int) { w.must(204, w.do("POST /logout?scope=local", token, "")) },
		"ban": func(string, int) {
			if err := w.a.Ban(t.Context(), id, time.Second); err != nil {
				t.Fatal(err)
			}
		},
		"role": func(_ string, i int) {
			if err := w.a.SetRoles(t.Context(), id, [][]string{{"editor"}, {}}[i%2]...); err != nil {
				t.Fatal(err)
			}
		},
		"password": func(_ string, i int) {
			next := fmt.Sprintf("a good password %d", i)
			keeper := w.must(200, w.do(passwordLine, "", login("ann@example.org", word))).str("access_token")
			w.must(200, w.do("PUT /user", keeper, fmt.Sprintf(`{"password":%q}`, next)))
			word = next
		},
	}
	var took []time.Duration
	for i := range 5 {
		for _, name := range []string{"sign-out", "role", "password", "ban"} {
			w.advance(2 * time.Second) // a ban is over
			in := w.must(200, w.do(passwordLine, "", login("ann@example.org", word)))
			b := &browser{w: w}
			w.must(200, b.do(passwordLine, login("ann@example.org", word)))
			elsewhere := &browser{w: &world{t: t, db: there, a: other, now: w.now}, cookie: b.cookie}
			token := in.str("access_token")
			if _, err := other.Verify(t.Context(), token); err != nil {
				t.Fatalf("%s: a good token is refused: %v", name, err)
			}
			before, err := elsewhere.caller(http.MethodGet)
			if err != nil {
				t.Fatalf("%s: a good cookie is refused: %v", name, err)
			}
			start := time.Now()
			changes[name](token, i)
			if name == "sign-out" {
				w.must(204, b.do("POST /logout?scope=local", ""))
			}
			for {
				_, err := other.Verify(t.Context(), token)
				p, errCookie := elsewhere.caller(http.MethodGet)
				// A cookie goes on with the rights of now.
				gone := errors.Is(errCookie, auth.ErrInvalid) || name == "role" && errCookie == nil && !slices.Equal(p.Roles, before.Roles)
				if err != nil && gone {
					break
				}
				if time.Since(start) > 2*time.Second {
					t.Fatalf("%s, round %d: taken after two seconds: token %v, cookie %v", name, i, err, errCookie)
				}
				time.Sleep(time.Millisecond)
			}
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	t.Logf("%d revocations, from the request to the refusal elsewhere: median %v, slowest %v", len(took), took[len(took)/2], took[len(took)-1])
}
