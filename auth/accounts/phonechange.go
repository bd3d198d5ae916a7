package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// readPhone reads a new phone number, unless it is the user's own.
func (c *userChange) readPhone(u *user, text, channel string) error {
	if text == "" {
		return nil
	}
	phone, ok := canonicalPhone(text)
	switch {
	case c.a.config.SMS == nil:
		return errNoSMS
	case !ok:
		return errNoPhone
	case phone == deref(u.Phone) && u.PhoneConfirmedAt != nil:
		return nil
	}
	c.phone = phone
	return contact{phone: phone}.checkChannel(channel)
}

// changePhone begins the change of a number: the new one has to agree. The present one
// need not, since people lose phones; see exchange.prove for what is asked for instead.
// A number that another account has confirmed is asked for like any other, and gets no
// message.
func (c *userChange) changePhone(ctx context.Context, tx *store.Tx, u *user) error {
	asked := c.asked()
	if c.a.config.Autoconfirm {
		return c.a.setContact(ctx, tx, u, contact{phone: c.phone}, &asked)
	}
	if _, err := store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID), store.SetTo("new_phone", c.phone)); err != nil {
		return err
	}
	u.NewPhone = &c.phone
	wait, err := c.a.sendPhoneChange(ctx, tx, u, mailing{locale: c.locale, code: asked})
	if err == nil && wait > 0 {
		return overMailLimit(contact{phone: c.phone}, wait)
	}
	return err
}

// sendPhoneChange sends the code of a change to the number that a user is to have.
func (a *Accounts) sendPhoneChange(ctx context.Context, tx *store.Tx, u *user, m mailing) (wait time.Duration, err error) {
	at := contact{phone: *u.NewPhone}
	if wait, err = a.mailTurn(ctx, tx, codePhone, at); err != nil || wait > 0 {
		return wait, err
	}
	other, err := a.at(ctx, tx, at)
	if err != nil {
		return 0, err
	}
	m.kind, m.owner, m.template, m.code.Phone = codePhone, u.ID, SMSPhoneChange, at.phone
	if other == nil || other.ID == u.ID || !at.confirmed(other) {
		m.to = at.phone
	}
	return 0, a.mailCode(ctx, tx, m)
}

// agreePhone makes the change of a phone number that its owner has confirmed.
func (a *Accounts) agreePhone(ctx context.Context, tx *store.Tx, owner store.ID, p *proven) (*user, error) {
	u, err := store.For[user](tx).Get(ctx, owner)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errOTP
	}
	if err != nil {
		return nil, err
	}
	if u.RemovedAt != nil || deref(u.NewPhone) != p.code.Phone {
		return nil, errOTP
	}
	if asked, err := a.stillAsked(ctx, tx, &p.code); err != nil || !asked {
		return nil, orElse(err, errOTP)
	}
	return u, a.setContact(ctx, tx, u, contact{phone: p.code.Phone}, &p.code)
}

// resendPhoneChange sends the code of a change once more. The number is the one that the
// account has, or is to have.
func (x *exchange) resendPhoneChange(in asked) error {
	a, ctx := x.a, x.r.Context()
	to := in.contact
	u, err := a.changerOf(ctx, a.db, in.contact)
	if err != nil {
		return err
	}
	if u != nil {
		to.phone = *u.NewPhone // which is asked about, and gets the message
	}
	id := store.NewID()
	return x.mailWithin(to, id, func(ctx context.Context, tx *store.Tx) (wait time.Duration, err error) {
		u, err := a.changerOf(ctx, tx, in.contact)
		if err != nil {
			return 0, err
		}
		if u == nil || *u.NewPhone != to.phone || a.mayEnter(u) != nil {
			return a.mailTurn(ctx, tx, codePhone, to)
		}
		asked, err := a.lastChange(ctx, tx, u, codePhone)
		if err != nil {
			return 0, err
		}
		switch still, err := a.stillAsked(ctx, tx, &asked); {
		case err != nil:
			return 0, err
		case !still:
			return a.mailTurn(ctx, tx, codePhone, to)
		}
		return a.sendPhoneChange(ctx, tx, u, mailing{id: id, locale: x.locale(u), code: asked})
	})
}

// changerOf finds the user who changes a number, or changes to it: the last one to ask.
func (a *Accounts) changerOf(ctx context.Context, s store.Session, at contact) (*user, error) {
	users, err := store.For[user](s).List(ctx, store.Query{
		Where: store.And(store.Or(store.Eq("phone", at.phone), store.Eq("new_phone", at.phone)), store.Not(store.Null("new_phone"))),
		Order: []store.Order{{Column: "phone_change_sent_at", Desc: true}}, Limit: store.Limit(1),
	})
	if err != nil || len(users) == 0 {
		return nil, err
	}
	return users[0], nil
}
