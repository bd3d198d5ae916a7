package wire

import (
	"context"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// enrollPhone answers POST /factors for a phone.
func (x factorHandler) enrollPhone(u *data.User, s *data.Session, name, text string) error {
	if x.Outbox.SMS == nil {
		return &problem.Error{Code: problem.AuthMFAPhoneDisabled}
	}
	phone, ok := data.CanonicalPhone(text)
	if !ok {
		return fail.ErrNoPhone
	}
	f := &data.Factor{UserID: u.ID, Type: data.FactorPhone, FriendlyName: name, Phone: &phone}
	err := x.Sessions.WhileOpen(x.r.Context(), s, func(ctx context.Context, tx *store.Tx) error {
		// One that waits makes way.
		if err := data.DropWaitingPhone(ctx, tx, u.ID, phone); err != nil {
			return err
		}
		if has, err := data.HasPhone(ctx, tx, u.ID, phone); err != nil || has {
			return fail.OrElse(err, &problem.Error{Code: problem.AuthMFAPhoneExists})
		}
		return x.Factors.AddFactor(ctx, tx, f)
	})
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, map[string]any{"id": f.ID, "type": f.Type, "friendly_name": name, "phone": phone})
}

// challengePhone answers POST /factors/{id}/challenge of a phone: it sends digits, within
// the budgets of messages.
func (x factorHandler) challengePhone(u *data.User, s *data.Session, f *data.Factor) error {
	a := x.Handler
	body, err := x.body()
	if err != nil {
		return err
	}
	channel, err := body.text("channel")
	if err != nil {
		return err
	}
	at := data.Contact{Phone: data.Deref(f.Phone)}
	if err := at.CheckChannel(channel); err != nil {
		return err
	}
	if a.Outbox.SMS == nil || f.Repeats(u, s) {
		return fail.New(problem.AuthMFAPhoneVerify, "MFA verify is disabled for Phone, or the session was started with the same phone number")
	}
	now := a.Now()
	v := ChallengeView{Type: f.Type, ExpiresAt: now.Add(data.ChallengeLife).Unix()}
	err = x.budgets().texting(at.Phone, func() error {
		var wait time.Duration
		err := a.DB.Tx(x.r.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			if wait, err = a.Throttle.MailTurn(ctx, tx, data.CodePhoneFactor, at); err != nil || wait > 0 {
				return err
			}
			v.ID, err = a.Factors.SendChallenge(ctx, tx, s, f, x.locale(u), now)
			return err
		})
		if err == nil && wait > 0 {
			err = throttle.OverMailLimit(at, wait)
		}
		return err
	})
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, v)
}
