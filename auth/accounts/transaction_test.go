package accounts_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
)

// tx runs a transaction with accounts.
func (w *world) tx(fn func(ctx context.Context, tx *store.Tx, in *accounts.Tx) error) error {
	return w.db.Tx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error { return fn(ctx, tx, w.a.In(tx)) })
}

// count counts rows.
func (w *world) count(table string) (n string) {
	w.t.Helper()
	q := store.SQL{Text: "select cast(count(*) as text) from " + table, Columns: []store.Kind{store.KindText}}
	err := q.Rows(w.t.Context(), w.db, func(v [][]byte) error {
		n = strings.Trim(string(v[0]), `"`)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestAccountsInTransaction: a team, the account of its owner and an invitation are made together
// or not at all.
func TestAccountsInTransaction(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); withSecretKey(c) }, func(t *testing.T, w *world) {
		w.sql("create table teams (name varchar(20), owner_id varchar(36))")
		w.role("editor", "notes.write")
		found := func(team string) error {
			return w.tx(func(ctx context.Context, tx *store.Tx, in *accounts.Tx) error {
				owner, err := in.CreateUser(ctx, accounts.NewUser{Email: "Ann@example.org", EmailConfirmed: true})
				if err != nil {
					return err
				}
				if seen, err := in.UserByEmail(ctx, "ann@EXAMPLE.org"); err != nil || seen.ID != owner.ID {
					t.Errorf("by e-mail address: %+v, %v", seen, err)
				}
				if seen, err := in.User(ctx, owner.ID); err != nil || seen.Email != "ann@example.org" {
					t.Errorf("by id: %+v, %v", seen, err)
				}
				if err := in.SetRoles(ctx, owner.ID, "editor"); err != nil {
					return err
				}
				if roles, permissions, err := in.RolesOf(ctx, owner.ID); err != nil || len(roles) != 1 || len(permissions) != 1 {
					t.Errorf("roles %q, permissions %q, %v", roles, permissions, err)
				}
				if _, err := in.Invite(ctx, accounts.Invitation{Email: "bob@example.org", UserMetadata: map[string]any{"team": team}}); err != nil {
					return err
				}
				insert := store.SQL{Text: "insert into teams (name, owner_id) values ($1, $2)", Args: []any{team, owner.ID.String()}, Writes: true}
				if _, err := insert.Exec(ctx, tx); err != nil {
					return err
				}
				if team == "" {
					return errors.New("a team needs a name")
				}
				return nil
			})
		}
		if err := found(""); err == nil {
			t.Fatal("a team without a name was made")
		}
		for _, table := range []string{"teams", "auth_users", "auth_identities", "auth_user_roles", "auth_codes"} {
			if n := w.count(table); n != "0" {
				t.Errorf("%s has %s rows after the rollback", table, n)
			}
		}
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("%d mails after the rollback", len(mails))
		}
		if err := found("red"); err != nil {
			t.Fatal(err)
		}
		if n := w.count("teams"); n != "1" {
			t.Errorf("%s teams, want 1", n)
		}
		in := w.must(200, w.verifyHash("invite", w.mail(accounts.MailInvite, "bob@example.org")))
		if !strings.Contains(in.text, `"user_metadata":{"team":"red"}`) {
			t.Errorf("accepted: %s", in.text)
		}
		if u, err := w.a.UserByEmail(t.Context(), "ann@example.org"); err != nil || u.EmailConfirmedAt.IsZero() {
			t.Errorf("owner %+v, %v", u, err)
		}
	})
}

// TestTransactionContinues: after an error of a method the transaction can continue,
// unchanged.
func TestTransactionContinues(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); withSecretKey(c) }, func(t *testing.T, w *world) {
		ctx := t.Context()
		hash, err := w.a.HashPassword(ctx, "a good password", "bob@example.org")
		if err != nil {
			t.Fatal(err)
		}
		ann, err := w.a.CreateUser(ctx, accounts.NewUser{Email: "ann@example.org", EmailConfirmed: true})
		if err != nil {
			t.Fatal(err)
		}
		err = w.tx(func(ctx context.Context, _ *store.Tx, in *accounts.Tx) error {
			create := func(n accounts.NewUser) error { _, err := in.CreateUser(ctx, n); return err }
			invite := func(i accounts.Invitation) error { _, err := in.Invite(ctx, i); return err }
			link := func(r accounts.LinkRequest) error { _, err := in.GenerateLink(ctx, r); return err }
			_, unknown := in.User(ctx, store.NewID())
			_, absent := in.UserByEmail(ctx, "nobody@example.org")
			for name, tt := range map[string]struct {
				err  error
				code string
			}{
				"address taken":      {create(accounts.NewUser{Email: "ann@example.org"}), "email_exists"},
				"id taken":           {create(accounts.NewUser{ID: ann.ID, Email: "x@example.org"}), "user_already_exists"},
				"no such role":       {create(accounts.NewUser{Email: "x@example.org", Roles: []string{"x"}}), "validation_failed"},
				"a password":         {create(accounts.NewUser{Email: "x@example.org", Password: "a good password"}), "validation_failed"},
				"no such user":       {unknown, "user_not_found"},
				"no such address":    {absent, "user_not_found"},
				"unknown role":       {in.SetRoles(ctx, ann.ID, "x"), "validation_failed"},
				"invited already":    {invite(accounts.Invitation{Email: "ann@example.org"}), "email_exists"},
				"redirected away":    {invite(accounts.Invitation{Email: "x@example.org", RedirectTo: "https://evil.example"}), "validation_failed"},
				"no such link":       {link(accounts.LinkRequest{Type: "x", Email: "ann@example.org"}), "validation_failed"},
				"a link with a word": {link(accounts.LinkRequest{Type: accounts.LinkSignUp, Email: "x@example.org", Password: "a good password"}), "validation_failed"},
				"nobody recovers":    {link(accounts.LinkRequest{Type: accounts.LinkRecovery, Email: "x@example.org"}), "user_not_found"},
			} {
				if code := codeOf(tt.err); code != tt.code {
					t.Errorf("%s: %v, want %s", name, tt.err, tt.code)
				}
			}
			return create(accounts.NewUser{Email: "bob@example.org", EmailConfirmed: true, PasswordHash: hash})
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := w.count("auth_users"); n != "2" {
			t.Errorf("%s users, want 2", n)
		}
		w.must(200, w.do("POST /token?grant_type=password", "", `{"email":"bob@example.org","password":"a good password"}`))
		if _, err := w.a.HashPassword(ctx, "short", ""); err == nil {
			t.Error("a weak password was hashed")
		}
	})
}

// TestSignUpHookInTransaction: BeforeSignUp gets the transaction, and its writes commit with it.
func TestSignUpHookInTransaction(t *testing.T) {
	type dbKey struct{} // of the database of a test
	hook := func(ctx context.Context, s *accounts.SignUp) error {
		if s.Email == "eve@example.org" {
			return accounts.Refuse("not you")
		}
		if s.Tx == nil {
			return errors.New("there is no transaction")
		}
		if s.Email == "db@example.org" {
			_, err := store.SQL{Text: "select 1", Columns: []store.Kind{store.KindInt}}.Exec(ctx, ctx.Value(dbKey{}).(*store.DB))
			return err
		}
		_, err := store.SQL{Text: "insert into asked (email) values ($1)", Args: []any{s.Email}, Writes: true}.Exec(ctx, s.Tx)
		return err
	}
	t.Parallel()
	for _, roll := range []bool{false, true} {
		each(t, func(c *accounts.Config) { c.BeforeSignUp = hook }, func(t *testing.T, w *world) {
			w.sql("create table asked (email varchar(50))")
			err := w.tx(func(ctx context.Context, _ *store.Tx, in *accounts.Tx) error {
				ctx = context.WithValue(ctx, dbKey{}, w.db)
				create := func(email string) error {
					_, err := in.CreateUser(ctx, accounts.NewUser{Email: email})
					return err
				}
				if err := create("db@example.org"); !errors.Is(err, store.ErrInTx) {
					t.Errorf("the hook used the database beside the transaction: %v", err)
				}
				if code := codeOf(create("eve@example.org")); code != "refused_by_application" {
					t.Errorf("refused: %q", code)
				}
				if err := create("ann@example.org"); err != nil || !roll {
					return err
				}
				return errors.New("rolled back")
			})
			want := "1"
			if roll {
				want = "0"
			}
			if n := w.count("asked"); (err != nil) != roll || n != want {
				t.Errorf("%v, %s rows, want %s", err, n, want)
			}
			if _, err := w.a.CreateUser(t.Context(), accounts.NewUser{Email: "bob@example.org"}); err == nil {
				t.Error("there is a transaction outside of one")
			}
		})
	}
}

// TestInviteAndLinks: invitations and links from Go have the effects of those by HTTP.
func TestInviteAndLinks(t *testing.T) {
	engines(t, func(c *accounts.Config) {
		confirmed(c)
		withSecretKey(c)
		c.RedirectURLs = []string{"https://app.example.test/*"}
	}, func(t *testing.T, w *world) {
		ctx := t.Context()
		invited, err := w.a.Invite(ctx, accounts.Invitation{Email: "Bob@Example.org", RedirectTo: "https://app.example.test/in", Locale: "de-AT"})
		if err != nil {
			t.Fatal(err)
		}
		m := w.mail(accounts.MailInvite, "bob@example.org")
		if invited.Email != "bob@example.org" || m.locale != "de-AT" || m.link(w).Query().Get("redirect_to") != "https://app.example.test/in" {
			t.Errorf("invited %+v by %+v", invited, m)
		}
		if in := w.must(200, w.verifyHash("invite", m)); userOf(in)["id"] != invited.ID.String() {
			t.Errorf("another account: %s", in.text)
		}
		w.mails() // notices

		for _, tt := range []struct {
			request accounts.LinkRequest
			accept  string // the type of POST /verify
		}{
			{accounts.LinkRequest{Type: accounts.LinkSignUp, Email: "new@example.org", Password: "a good password"}, "signup"},
			{accounts.LinkRequest{Type: accounts.LinkInvite, Email: "carl@example.org"}, "invite"},
			{accounts.LinkRequest{Type: accounts.LinkMagicLink, Email: "dora@example.org"}, "magiclink"},
			{accounts.LinkRequest{Type: accounts.LinkRecovery, Email: "bob@example.org"}, "recovery"},
			{accounts.LinkRequest{Type: accounts.LinkEmailChangeNew, Email: "bob@example.org", NewEmail: "robert@example.org"}, "email_change_new"},
		} {
			link, err := w.a.GenerateLink(ctx, tt.request)
			if err != nil {
				t.Errorf("%s: %v", tt.request.Type, err)
				continue
			}
			if !strings.HasPrefix(link.URL, publicURL+"/verify?token="+link.TokenHash+"&type=") || len(link.Code) != 6 || !link.ExpiresAt.After(time.Unix(0, w.now.Load())) {
				t.Errorf("%s: %+v", tt.request.Type, link)
			}
			in := w.do("POST /verify", "", `{"type":"`+tt.accept+`","token_hash":"`+link.TokenHash+`"}`)
			if in.status != 200 || tt.accept != "email_change_new" && userOf(in)["id"] != link.User.ID.String() {
				t.Errorf("%s: %d %s", tt.request.Type, in.status, in.text)
			}
		}
		for _, m := range w.mails() {
			if m.template != accounts.MailNotice {
				t.Errorf("a mail %s was sent to %s", m.template, m.to)
			}
		}
		for name, r := range map[string]accounts.LinkRequest{
			"no password":    {Type: accounts.LinkSignUp, Email: "x@example.org"},
			"two passwords":  {Type: accounts.LinkSignUp, Email: "x@example.org", Password: "a good password", PasswordHash: "x"},
			"no hash":        {Type: accounts.LinkSignUp, Email: "x@example.org", PasswordHash: "x"},
			"no new address": {Type: accounts.LinkEmailChangeNew, Email: "bob@example.org"},
			"a new address":  {Type: accounts.LinkRecovery, Email: "bob@example.org", NewEmail: "x@example.org"},
			"no address":     {Type: accounts.LinkRecovery, Email: "bob"},
			"a foreign site": {Type: accounts.LinkRecovery, Email: "bob@example.org", RedirectTo: "https://evil.example"},
		} {
			if _, err := w.a.GenerateLink(ctx, r); codeOf(err) != "validation_failed" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestInviteWithoutMailer: an invitation that cannot be sent is an error, and a link is not.
func TestInviteWithoutMailer(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.Mailer = nil }, func(t *testing.T, w *world) {
		if _, err := w.a.Invite(t.Context(), accounts.Invitation{Email: "bob@example.org"}); codeOf(err) != "email_provider_disabled" {
			t.Errorf("without a Mailer: %v", err)
		}
		if _, err := w.a.GenerateLink(t.Context(), accounts.LinkRequest{Type: accounts.LinkInvite, Email: "bob@example.org"}); err != nil {
			t.Errorf("a link: %v", err)
		}
	})
}

// TestLinkIdentityInGo: an identity that the application links opens the account.
func TestLinkIdentityInGo(t *testing.T) {
	providers(t, nil, func(t *testing.T, w *world, f fakes) {
		ctx := t.Context()
		ann, err := w.a.CreateUser(ctx, accounts.NewUser{Phone: "+491511234567"})
		if err != nil {
			t.Fatal(err)
		}
		ada := auth.Identity{Provider: "trusted", Issuer: f.trusted.Issuer(), Subject: "ada", Email: "ada@example.org", EmailVerified: true, Name: "Ada"}
		err = w.tx(func(ctx context.Context, _ *store.Tx, in *accounts.Tx) error {
			return in.LinkIdentity(ctx, ann.ID, ada)
		})
		if err != nil {
			t.Fatal(err)
		}
		f.trusted.SetUser(map[string]any{"sub": "ada", "email": "ada@example.org", "email_verified": true})
		u := userOf(w.must(200, w.tab().session(f.trusted, "trusted")))
		if u["id"] != ann.ID.String() || u["email"] != "ada@example.org" {
			t.Errorf("the login opened %v", u)
		}
		guest := mustID(t, userOf(w.must(200, w.do("POST /signup", "", "{}")))["id"].(string))
		with := func(change func(*auth.Identity)) auth.Identity {
			i := auth.Identity{Provider: "trusted", Issuer: f.trusted.Issuer(), Subject: "bob"}
			change(&i)
			return i
		}
		for name, tt := range map[string]struct {
			err  error
			code string
		}{
			"linked already":   {w.a.LinkIdentity(ctx, ann.ID, ada), "identity_already_exists"},
			"unknown user":     {w.a.LinkIdentity(ctx, store.NewID(), with(func(*auth.Identity) {})), "user_not_found"},
			"no subject":       {w.a.LinkIdentity(ctx, ann.ID, with(func(i *auth.Identity) { i.Subject = "" })), "validation_failed"},
			"unknown provider": {w.a.LinkIdentity(ctx, ann.ID, with(func(i *auth.Identity) { i.Provider = "x" })), "validation_failed"},
			"a guest":          {w.a.LinkIdentity(ctx, guest, with(func(*auth.Identity) {})), "validation_failed"},
		} {
			if code := codeOf(tt.err); code != tt.code {
				t.Errorf("%s: %v, want %s", name, tt.err, tt.code)
			}
		}
	})
}

func TestNormalizeEmail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"Ann@Example.ORG": "ann@example.org", "": "", "ann": "", "Ann <ann@example.org>": "", "ann\xff@example.org": "", "ann\uFFFD@example.org": ""} {
		got, err := accounts.NormalizeEmail(text)
		if got != want || (err == nil) != (want != "") || err != nil && codeOf(err) != "validation_failed" {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
}
