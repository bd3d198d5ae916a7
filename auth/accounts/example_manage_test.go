package accounts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/uptrace/bun"
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

// Team is a table of the application.
type Team struct {
	bun.BaseModel `bun:"table:teams"`
	store.Model
	Name    string   `bun:",notnull"`
	OwnerID store.ID `bun:",notnull"`
}

// A team, the account of its owner and an invitation are made together or not at all.
func ExampleAccounts_In() {
	ctx := context.Background()
	a, db, end := newAccountsOn(accounts.Config{Mailer: printer{}}, Team{})
	defer end()
	if err := a.SaveRole(ctx, accounts.Role{Name: "editor"}); err != nil {
		log.Fatal(err)
	}

	hash, err := a.HashPassword(ctx, "correct horse battery", "ann@example.org")
	if err != nil {
		log.Fatal(err)
	}
	err = db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		people := a.In(tx)
		owner, err := people.CreateUser(ctx, accounts.NewUser{Email: "ann@example.org", EmailConfirmed: true, PasswordHash: hash})
		if err != nil {
			return err
		}
		team := &Team{Name: "Red", OwnerID: owner.ID}
		if err := store.For[Team](tx).Insert(ctx, team); err != nil {
			return err
		}
		if err := people.SetRoles(ctx, owner.ID, "editor"); err != nil {
			return err
		}
		_, err = people.Invite(ctx, accounts.Invitation{Email: "bob@example.org", UserMetadata: map[string]any{"team": team.Name}})
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	bob, err := a.UserByEmail(ctx, "Bob@example.org")
	fmt.Println(bob.Email, bob.UserMetadata, err)
	// Output: bob@example.org map[team:Red] <nil>
}

// An application that sends the mails of accounts itself.
func ExampleAccounts_GenerateLink() {
	ctx := context.Background()
	a, end := newAccounts(accounts.Config{})
	defer end()
	email, err := accounts.NormalizeEmail("Ann@Example.org")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := a.CreateUser(ctx, accounts.NewUser{Email: email, EmailConfirmed: true}); err != nil {
		log.Fatal(err)
	}
	link, err := a.GenerateLink(ctx, accounts.LinkRequest{Type: accounts.LinkRecovery, Email: "ann@example.org"})
	if err != nil {
		log.Fatal(err)
	}
	at, _, _ := strings.Cut(link.URL, "?")
	fmt.Println(link.User.Email, at, len(link.Code))
	// Output: ann@example.org https://example.org/auth/v1/verify 6
}

// printer is a Mailer that sends nothing.
type printer struct{}

func (printer) Send(context.Context, string, string, string, map[string]string) error { return nil }

// newAccounts returns accounts on a database in memory, which end closes.
func newAccounts(cfg accounts.Config) (a *accounts.Accounts, end func()) {
	a, _, end = newAccountsOn(cfg)
	return a, end
}

// newAccountsOn also makes tables of the application.
func newAccountsOn(cfg accounts.Config, models ...any) (a *accounts.Accounts, db *store.DB, end func()) {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, ":memory:", nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := db.Register(models...); err != nil {
		log.Fatal(err)
	}
	cfg.MasterKeys = [][]byte{[]byte("32 random bytes from your secrets")}
	cfg.PublicURL, cfg.SiteURL = "https://example.org/auth/v1", "https://example.org"
	a, err = accounts.New(db, cfg)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := migrate.Auto(ctx, db, accounts.Migrations()); err != nil {
		log.Fatal(err)
	}
	return a, db, func() { _ = db.Close() }
}

// A form without scripts: the browser gets the session in a cookie.
func ExampleAccounts_Call() {
	a, end := newAccounts(accounts.Config{Cookies: true})
	defer end()
	_, err := a.CreateUser(context.Background(), accounts.NewUser{Email: "ann@example.org", EmailConfirmed: true, Password: "a long and good one"})
	if err != nil {
		log.Fatal(err)
	}
	signIn := func(w http.ResponseWriter, r *http.Request) {
		in := map[string]string{"email": r.FormValue("email"), "password": r.FormValue("password")}
		err := a.Call(w, r, http.MethodPost, "/token?grant_type=password", in, nil)
		switch failed, rejected := errors.AsType[*accounts.CallError](err); {
		case rejected:
			http.Error(w, failed.Message, failed.Status)
		case err != nil:
			api.WriteError(w, r, err)
		default:
			http.Redirect(w, r, "/", http.StatusSeeOther)
		}
	}
	for _, password := range []string{"a wrong one", "a long and good one"} {
		r := httptest.NewRequest(http.MethodPost, "/sign-in", strings.NewReader("email=ann@example.org&password="+url.QueryEscape(password)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		signIn(w, r)
		fmt.Println(w.Code, len(w.Result().Cookies()))
	}
	// Output:
	// 400 0
	// 303 1
}
