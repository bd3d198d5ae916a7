package accounts

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// userRoutes change the user's own account.
var userRoutes = []route{{http.MethodPut, "user", byUser((*exchange).putUser)}}

// userChange is what PUT /user is to do.
type userChange struct {
	a       *Accounts
	session *session
	flow    flow
	locale  string

	hash  *string          // of the new password; nil leaves it
	email string           // canonical; empty leaves it
	phone string           // canonical; empty leaves it
	data  strictjson.Value // an object to merge into the metadata

	upgrade upgrade // of an anonymous user who gets an account by a new e-mail address or phone number
}

// putUser answers PUT /user.
func (x *exchange) putUser(u *user, s *session) error {
	body, err := x.body()
	if err != nil {
		return err
	}
	in, err := body.texts("email", "phone", "channel", "password", "current_password", "nonce", "code_challenge", "code_challenge_method")
	if err != nil {
		return err
	}
	c := &userChange{a: x.a, session: s, locale: x.locale(u), data: body["data"]}
	if c.flow, err = x.readFlow(in["code_challenge"], in["code_challenge_method"]); err != nil {
		return err
	}
	if app, ok := body["app_metadata"]; ok && app.Kind() != strictjson.Null {
		return &problem.Error{Code: problem.AuthNotAdmin, Message: "Updating app_metadata requires admin privileges"}
	}
	if _, err := body.metadata("data"); err != nil {
		return err
	}
	if err := c.readEmail(u, in["email"]); err != nil {
		return err
	}
	if err := c.readPhone(u, in["phone"], in["channel"]); err != nil {
		return err
	}
	if err := x.prove(u, s, c, in); err != nil {
		return err
	}
	if in["password"] != "" {
		if err := x.newPassword(u, c, in["password"]); err != nil {
			return weak(err)
		}
	}
	if err := x.admitChange(u, c); err != nil {
		return err
	}
	if u, err = x.apply(c, u); err != nil {
		return err
	}
	if c.hash != nil && x.hasCookie() {
		if _, err := x.rotate(s); err != nil {
			return err
		}
	}
	v, err := x.view(u)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, v)
}

// readEmail reads a new e-mail address, unless it is the user's own.
func (c *userChange) readEmail(u *user, text string) error {
	if text == "" {
		return nil
	}
	email, ok := canonicalEmail(text)
	switch {
	case !ok:
		return errNoEmail
	case email == deref(u.Email) && u.EmailConfirmedAt != nil:
		return nil
	case c.a.config.Mailer == nil && !c.a.config.Autoconfirm:
		return errNoMailer
	}
	c.email = email
	return nil
}

// prove makes sure that it is the user who changes a password or a number, or an address
// that their present one is not asked about. A young login has shown it; after an older one
// it takes the password or the digits of GET /reauthenticate.
func (x *exchange) prove(u *user, s *session, c *userChange, in map[string]string) error {
	if in["password"] != "" || c.email != "" || c.phone != "" {
		if err := x.needsSecondFactor(u, s); err != nil {
			return err
		}
	}
	if in["password"] == "" && c.phone == "" && (c.email == "" || x.a.asksBoth(u)) {
		return nil
	}
	return x.proveSelf(u, s, in)
}

// proveSelf checks current_password or nonce of a request if the session is older than
// Config.ReauthenticateAfter.
func (x *exchange) proveSelf(u *user, s *session, in map[string]string) error {
	ctx, a := x.r.Context(), x.a
	switch {
	case u.PasswordHash != nil && in["current_password"] != "":
		return x.attempt(subjectOf(u), func() error {
			_, err := a.hashes.Verify(ctx, *u.PasswordHash, in["current_password"])
			if errors.Is(err, password.ErrMismatch) {
				return errCredentials
			}
			return err
		})
	case in["nonce"] != "":
		return x.attempt(subjectOf(u), func() error {
			used, err := a.useShortCode(ctx, a.db, codeReauth, u.ID, in["nonce"])
			if err == nil && used == nil {
				return errNonce
			}
			return err
		})
	case u.IsAnonymous: // who has nothing to show
		return nil
	case a.now().Before(s.shownAt().Add(a.config.ReauthenticateAfter)), a.choosesPassword(s):
		return nil
	}
	return &problem.Error{Code: problem.AuthReauthenticate}
}

// choosesPassword reports whether a session has just begun by a mail that was to end in
// a new password.
func (a *Accounts) choosesPassword(s *session) bool {
	byMail := s.shownBy(mailMethods[codeReset]) || s.shownBy(mailMethods[codeInvite])
	return byMail && a.now().Before(s.shownAt().Add(a.config.LinkLife))
}

// newPassword hashes a new password. Whether it is the present one is a guess like any
// other: what else is asked for may keep the change from being made.
func (x *exchange) newPassword(u *user, c *userChange, text string) error {
	ctx, a := x.r.Context(), x.a
	name := cmp.Or(c.email, deref(u.Email), c.phone, deref(u.Phone))
	if name == "" {
		return failf(problem.AuthValidation, "Updating password of a user without an email or phone is not allowed")
	}
	if err := a.config.Passwords.Check(text, name); err != nil {
		return err
	}
	if u.PasswordHash != nil {
		err := x.attempt(subjectOf(u), func() error {
			_, err := a.hashes.Verify(ctx, *u.PasswordHash, text)
			if err == nil {
				return &problem.Error{Code: problem.AuthSamePassword}
			}
			if errors.Is(err, password.ErrMismatch) {
				return errCredentials
			}
			return err
		})
		if !errors.Is(err, errCredentials) {
			return err
		}
	}
	hash, err := a.hashes.Hash(ctx, text)
	c.hash = &hash
	return err
}

// asked is what the codes of the change are for.
func (c *userChange) asked() mailedCode {
	return mailedCode{Session: &c.session.ID, Metadata: c.upgrade.user, AppMetadata: c.upgrade.app}
}

// apply makes the change, within the budgets of messages where it sends one.
func (x *exchange) apply(c *userChange, seen *user) (u *user, err error) {
	err = x.texting(x.toConfirm(c.phone), func() error {
		u, err = c.apply(x.r.Context(), seen)
		return err
	})
	return u, err
}

// apply writes the change as a whole and returns the user after it.
func (c *userChange) apply(ctx context.Context, seen *user) (u *user, err error) {
	err = c.a.whileOpen(ctx, c.session, func(ctx context.Context, tx *store.Tx) error {
		users := store.For[user](tx)
		if u, err = users.Get(ctx, seen.ID); err != nil {
			return err
		}
		if c.hash != nil {
			if err := c.a.setPassword(ctx, tx, u, seen.PasswordHash, *c.hash, c.session.ID); err != nil {
				return err
			}
		}
		if c.data.Kind() == strictjson.Object {
			if err := c.a.mergeMetadata(ctx, tx, u, c.data); err != nil {
				return err
			}
		}
		if c.email != "" {
			if err := c.changeEmail(ctx, tx, u); err != nil {
				return err
			}
		}
		if c.phone != "" {
			if err := c.changePhone(ctx, tx, u); err != nil {
				return err
			}
		}
		u, err = users.Get(ctx, u.ID)
		return err
	})
	return u, err
}

// setPassword replaces the password that was checked. It ends other sessions, API keys, links
// and codes (OWASP ASVS 7.4.3).
func (a *Accounts) setPassword(ctx context.Context, tx *store.Tx, u *user, seen *string, hash string, keep store.ID) error {
	n, err := store.For[user](tx).PatchWhere(ctx, store.And(store.Eq("id", u.ID), sameText("password_hash", seen)),
		store.SetTo("password_hash", hash), store.SetTo("password_changed_at", a.now()))
	if err != nil {
		return err
	}
	if n == 0 {
		return &problem.Error{Code: problem.AuthConflict}
	}
	if err := a.endOthers(ctx, tx, u, &keep, changePassword); err != nil {
		return err
	}
	if err := a.notice(ctx, tx, u, changePassword); err != nil {
		return err
	}
	return a.record(ctx, tx, &event{Kind: "password_changed", UserID: &u.ID, SessionID: &keep}, nil)
}
