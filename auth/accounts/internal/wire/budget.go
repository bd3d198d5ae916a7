package wire

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
)

// drawRequest draws on one of the budgets that Limits.Requests bounds.
func (x budgetHandler) drawRequest(kind string) error {
	return x.draw(kind, netaddr.Name(x.address()), x.Throttle.Limits.Requests)
}

// drawBegun draws on what a user may begin from an address: that leaves rows behind.
func (x budgetHandler) drawBegun(u *data.User) error {
	return x.drawMany("begun", u.ID.String()+" "+netaddr.Name(x.address()))
}

// drawMany draws on a budget of what leaves little behind.
func (x budgetHandler) drawMany(kind, name string) error {
	l := x.Throttle.Limits.Requests
	l.Count *= throttle.BegunPerRequest
	return x.draw(kind, name, l)
}

// draw draws on a budget of requests, which are not given back.
func (x budgetHandler) draw(kind, name string, limit throttle.Limit) error {
	full, err := x.Throttle.Spend(x.r.Context(), throttle.Spending{x.Throttle.Budget(kind, name, limit)})
	if err != nil || full == nil {
		return err
	}
	return throttle.OverLimit(full.ExpiresAt.Sub(x.Now()))
}

// toConfirm is the number that a message has to confirm, none with Autoconfirm.
func (x budgetHandler) toConfirm(phone string) string {
	if x.Changes.Autoconfirm {
		return ""
	}
	return phone
}

// texting runs send, which ends in a text message, within the budgets of the phone number, of
// the client's IP address and of the application. All requests count, also those without an
// account, since fraud by premium numbers requests many messages. If send fails nothing is
// counted. Without a number there is no budget.
func (x budgetHandler) texting(phone string, send func() error) error {
	if phone == "" {
		return send()
	}
	ctx, l := x.r.Context(), &x.Throttle.Limits
	budgets := throttle.Spending{ // in the order of their keys
		x.Throttle.Budget("sms address", netaddr.Name(x.address()), l.AddressSMS),
		x.Throttle.Budget("sms all", "", l.SMS),
		x.Throttle.Budget("sms number", phone, l.NumberSMS),
	}
	full, err := x.Throttle.Spend(ctx, budgets)
	if err != nil {
		return err
	}
	if full != nil {
		return throttle.OverSMSLimit(full.ExpiresAt.Sub(x.Now()))
	}
	counted := x.Now()
	err = send()
	if err == nil {
		return nil
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), throttle.SettleTime)
	defer stop()
	if _, errBack := x.Throttle.GiveBack(ctx, budgets, counted); errBack != nil {
		x.Logger.ErrorContext(ctx, "accounts: the budget of a text message was not restored", "error", errBack)
	}
	return err
}
