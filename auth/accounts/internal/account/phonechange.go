package account

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/store"
)

// SendPhoneChange sends the code of a change to the number that a user is to have.
func (ch *Changes) SendPhoneChange(ctx context.Context, tx *store.Tx, u *data.User, m Mailing) (wait time.Duration, err error) {
	at := data.Contact{Phone: *u.NewPhone}
	if wait, err = ch.Throttle.MailTurn(ctx, tx, data.CodePhone, at); err != nil || wait > 0 {
		return wait, err
	}
	other, err := data.At(ctx, tx, at)
	if err != nil {
		return 0, err
	}
	m.Kind, m.Owner, m.Template, m.Code.Phone = data.CodePhone, u.ID, outbox.SMSPhoneChange, at.Phone
	if other == nil || other.ID == u.ID || !at.Confirmed(other) {
		m.To = at.Phone
	}
	return 0, ch.MailCode(ctx, tx, m)
}

// agreePhone makes the change of a phone number that its owner has confirmed.
func (ch *Changes) agreePhone(ctx context.Context, tx *store.Tx, owner store.ID, p *proven) (*data.User, error) {
	u, err := data.GetUser(ctx, tx, owner)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fail.ErrOTP
	}
	if err != nil {
		return nil, err
	}
	if u.RemovedAt != nil || data.Deref(u.NewPhone) != p.Code.Phone {
		return nil, fail.ErrOTP
	}
	if asked, err := StillAsked(ctx, tx, &p.Code); err != nil || !asked {
		return nil, fail.OrElse(err, fail.ErrOTP)
	}
	return u, ch.setContact(ctx, tx, u, data.Contact{Phone: p.Code.Phone}, &p.Code)
}
