package accounts_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// Users of another system, with the hashes of their passwords.
func ExampleAccounts_Import() {
	a, end := newAccounts(accounts.Config{})
	defer end()
	lines := strings.NewReader(`{"mail":"ann@example.org","bcrypt":"$2a$04$2supRvzBun.7YsTdsz0AQ.4S5/3/WfMZ2S.Qnkb29ASZ/9Nm/mCte"}
{"mail":"nobody","bcrypt":""}`)
	users := func(yield func(accounts.ImportedUser, error) bool) {
		for d := json.NewDecoder(lines); d.More(); {
			var line struct{ Mail, Bcrypt string }
			err := d.Decode(&line)
			if !yield(accounts.ImportedUser{Email: line.Mail, EmailConfirmedAt: time.Now(), PasswordHash: line.Bcrypt}, err) {
				return
			}
		}
	}
	report, err := a.Import(context.Background(), users, nil)
	fmt.Println(report.Created, report.Failed, err)
	for _, e := range report.Errors {
		fmt.Println(e.Row, e.Email)
	}
	// Output:
	// 1 1 <nil>
	// 2 nobody
}

// Roles are data that the program makes at its start. Hooks decide who may sign up and
// what tokens say.
func ExampleAccounts_SetRoles() {
	ctx := context.Background()
	a, end := newAccounts(accounts.Config{
		BeforeSignUp: func(_ context.Context, s *accounts.SignUp) error {
			if !strings.HasSuffix(s.Email, "@example.org") {
				return accounts.Refuse("Only addresses of example.org can have an account.")
			}
			return nil
		},
		BeforeToken: func(_ context.Context, t *accounts.Token) error {
			t.Claims["tenant_id"] = "acme"
			return nil
		},
	})
	defer end()
	if err := a.SaveRole(ctx, accounts.Role{Name: "editor", Permissions: []string{"notes.write"}}); err != nil {
		log.Fatal(err)
	}
	ann, err := a.CreateUser(ctx, accounts.NewUser{Email: "ann@example.org", EmailConfirmed: true})
	if err != nil {
		log.Fatal(err)
	}
	if err := a.SetRoles(ctx, ann.ID, "editor"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(a.RolesOf(ctx, ann.ID))
	_, err = a.CreateUser(ctx, accounts.NewUser{Email: "eve@example.com"})
	fmt.Println(err)
	// Output:
	// [editor] [notes.write] <nil>
	// accounts: refused_by_application: Only addresses of example.org can have an account.
}

// newAccounts returns accounts on a database in memory, which end closes.
func newAccounts(cfg accounts.Config) (a *accounts.Accounts, end func()) {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, ":memory:", nil)
	if err != nil {
		log.Fatal(err)
	}
	cfg.MasterKeys = [][]byte{[]byte("32 random bytes from your secrets")}
	cfg.PublicURL, cfg.SiteURL = "https://example.org/auth/v1", "https://example.org"
	a, err = accounts.New(db, cfg)
	if err != nil {
		log.Fatal(err)
	}
	migrations, err := migrate.New(db, accounts.Migrations())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := migrations.Up(ctx); err != nil {
		log.Fatal(err)
	}
	return a, func() { _ = db.Close() }
}
