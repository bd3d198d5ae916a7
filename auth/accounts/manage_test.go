package accounts_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestManageErrors: methods return the codes that their comments name.
func TestManageErrors(t *testing.T) {
	engines(t, func(c *accounts.Config) {
		keyed(c)
		c.BeforeSignUp = func(_ context.Context, s *accounts.SignUp) error {
			if s.Email == "eve@example.org" {
				return accounts.Refuse("not you")
			}
			return nil
		}
		c.BeforeDelete = func(context.Context, *accounts.Deletion) error { return accounts.Refuse("not now") }
	}, func(t *testing.T, w *world) {
		ctx, nobody := t.Context(), store.NewID()
		guest := mustID(t, userOf(w.must(200, w.do("POST /signup", "", "{}")))["id"].(string))
		w.role("editor", "notes.write")
		ann, err := w.a.CreateUser(ctx, accounts.NewUser{Email: "ann@example.org", Phone: "+491511234567"})
		if err != nil {
			t.Fatal(err)
		}
		create := func(n accounts.NewUser) error { _, err := w.a.CreateUser(ctx, n); return err }
		_, errUser := w.a.User(ctx, nobody)
		_, errEmail := w.a.UserByEmail(ctx, "bob@example.org")
		_, errNoEmail := w.a.UserByEmail(ctx, "bob")
		for name, tt := range map[string]struct {
			err  error
			code string
		}{
			"address taken":      {create(accounts.NewUser{Email: "ann@example.org"}), "email_exists"},
			"number taken":       {create(accounts.NewUser{Phone: "+491511234567"}), "phone_exists"},
			"id taken":           {create(accounts.NewUser{ID: ann.ID, Email: "bob@example.org"}), "user_already_exists"},
			"neither of both":    {create(accounts.NewUser{}), "validation_failed"},
			"no such role":       {create(accounts.NewUser{Email: "bob@example.org", Roles: []string{"x"}}), "validation_failed"},
			"refused sign-up":    {create(accounts.NewUser{Email: "eve@example.org"}), "refused_by_application"},
			"no such user":       {errUser, "user_not_found"},
			"no such address":    {errEmail, "user_not_found"},
			"no address":         {errNoEmail, "user_not_found"},
			"ban of nobody":      {w.a.Ban(ctx, nobody, time.Hour), "user_not_found"},
			"negative ban":       {w.a.Ban(ctx, ann.ID, -1), "validation_failed"},
			"sign-out of nobody": {w.a.SignOut(ctx, nobody), "user_not_found"},
			"delete nobody":      {w.a.DeleteUser(ctx, nobody), "user_not_found"},
			"refused deletion":   {w.a.DeleteUser(ctx, ann.ID), "refused_by_application"},
			"reserved role":      {w.a.SaveRole(ctx, accounts.Role{Name: "anon"}), "validation_failed"},
			"long role":          {w.a.SaveRole(ctx, accounts.Role{Name: strings.Repeat("x", 65)}), "validation_failed"},
			"roles of nobody":    {w.a.SetRoles(ctx, nobody, "editor"), "user_not_found"},
			"unknown role":       {w.a.SetRoles(ctx, ann.ID, "x"), "validation_failed"},
			"roles of a guest":   {w.a.SetRoles(ctx, guest, "editor"), "validation_failed"},
		} {
			if code := codeOf(tt.err); code != tt.code {
				t.Errorf("%s: %v, want %s", name, tt.err, tt.code)
			}
			if errors.Is(tt.err, accounts.ErrUserNotFound) != (tt.code == "user_not_found") {
				t.Errorf("%s: %v and ErrUserNotFound", name, tt.err)
			}
		}
		err = create(accounts.NewUser{Email: "bob@example.org", Password: "x"})
		if _, weak := errors.AsType[*password.WeakError](err); !weak {
			t.Errorf("weak password: %v", err)
		}
		if roles, permissions, err := w.a.RolesOf(ctx, nobody); err != nil || len(roles)+len(permissions) > 0 {
			t.Errorf("nobody has %v, %v, %v", roles, permissions, err)
		}
	})
}
