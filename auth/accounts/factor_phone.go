package accounts

import (
	"context"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// codePhoneFactor asks a session for a factor that is a phone. Its long form is the
// challenge's id on the wire, and its digits are in a message.
const codePhoneFactor codeKind = "factor_sms"

// methodPhone is a second factor by a text message, as in the claim amr.
const methodPhone = "mfa/phone"

// enrollPhone answers POST /factors for a phone.
func (x *exchange) enrollPhone(u *user, s *session, name, text string) error {
	if x.a.config.SMS == nil {
		return &problem.Error{Code: problem.AuthMFAPhoneDisabled}
	}
	phone, ok := canonicalPhone(text)
	if !ok {
		return errNoPhone
	}
	f := &factor{UserID: u.ID, Type: factorPhone, FriendlyName: name, Phone: &phone}
	err := x.a.whileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error {
		same := store.And(store.Eq("user_id", u.ID), store.Eq("phone", phone))
		// One that waits makes way.
		if _, err := store.For[factor](tx).DeleteWhere(ctx, store.And(same, store.Eq("status", factorUnverified))); err != nil {
			return err
		}
		if n, err := store.For[factor](tx).Count(ctx, same); err != nil || n > 0 {
			return orElse(err, &problem.Error{Code: problem.AuthMFAPhoneExists})
		}
		return x.a.addFactor(ctx, tx, f)
	})
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, map[string]any{"id": f.ID, "type": f.Type, "friendly_name": name, "phone": phone})
}

// challengePhone answers POST /factors/{id}/challenge of a phone: it sends digits, within
// the budgets of messages.
func (x *exchange) challengePhone(u *user, s *session, f *factor) error {
	a := x.a
	body, err := x.body()
	if err != nil {
		return err
	}
	channel, err := body.text("channel")
	if err != nil {
		return err
	}
	at := contact{phone: deref(f.Phone)}
	if err := at.checkChannel(channel); err != nil {
		return err
	}
	if a.config.SMS == nil || f.repeats(u, s) {
		return failf(problem.AuthMFAPhoneVerify, "MFA verify is disabled for Phone, or the session was started with the same phone number")
	}
	now := a.now()
	v := challengeView{Type: f.Type, ExpiresAt: now.Add(challengeLife).Unix()}
	err = x.texting(at.phone, func() error {
		var wait time.Duration
		err := a.db.Tx(x.r.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			if wait, err = a.mailTurn(ctx, tx, codePhoneFactor, at); err != nil || wait > 0 {
				return err
			}
			v.ID, err = a.sendChallenge(ctx, tx, s, f, x.locale(u), now)
			return err
		})
		if err == nil && wait > 0 {
			err = overMailLimit(at, wait)
		}
		return err
	})
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, v)
}

// sendChallenge asks a session for a phone and returns the challenge's id. Only the last
// one of a user counts.
func (a *Accounts) sendChallenge(ctx context.Context, tx *store.Tx, s *session, f *factor, locale string, now time.Time) (id string, err error) {
	made, err := a.makeCode(ctx, tx, newCode{
		kind: codePhoneFactor, user: &f.UserID, long: newChallengeID(), life: challengeLife, data: challenge{Factor: f.ID, Session: s.ID}, mailed: true,
	})
	if err != nil {
		return "", err
	}
	if _, err := store.For[factor](tx).PatchWhere(ctx, store.Eq("id", f.ID), store.SetTo("last_challenged_at", now)); err != nil {
		return "", err
	}
	values := map[string]string{"code": made.short, "site": a.config.SiteURL, "expires": challengeLife.String()}
	return made.long, a.mail(ctx, tx, mail{to: *f.Phone, sms: true, template: SMSFactor, locale: locale, values: values, life: challengeLife})
}

// repeats reports whether a factor is the phone number by which the session was begun alone.
// Then it would be no second factor.
func (f *factor) repeats(u *user, s *session) bool {
	shown, err := s.shown()
	if err != nil || deref(f.Phone) != deref(u.Phone) {
		return err != nil
	}
	for _, m := range shown {
		if m.Method != mailMethods[codeSMS] {
			return false
		}
	}
	return true
}

// verifyPhone raises a session by the digits of a message. Digits that are wrong leave the
// challenge as it is, since people mistype.
func (a *Accounts) verifyPhone(ctx context.Context, up *stepUp, id, entered string) (*issued, error) {
	f := up.factor
	c, err := a.findCode(ctx, a.db, codePhoneFactor, id)
	if err != nil {
		return nil, err
	}
	if _, err := c.challenges(up.session, f); err != nil {
		return nil, err
	}
	err = a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		right := store.And(store.Eq("id", c.ID), store.In("short_hash", a.keys.hashShort(codePhoneFactor, f.UserID, entered)))
		used, err := a.consume(ctx, tx, codePhoneFactor, right)
		if err != nil || used == nil {
			return orElse(err, errWrongCode)
		}
		n, err := store.For[factor](tx).PatchWhere(ctx, store.Eq("id", f.ID),
			store.SetTo("last_used_at", a.now()), store.SetTo("status", factorVerified), store.SetTo("waits_until", nil))
		if err != nil || n != 1 {
			return orElse(err, errWrongCode)
		}
		return a.proved(ctx, tx, up, methodPhone)
	})
	if err != nil {
		return nil, err
	}
	return a.issue(ctx, up.user, up.session)
}
