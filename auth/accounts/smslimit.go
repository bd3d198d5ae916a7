package accounts

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
)

// toConfirm is the number that a message has to confirm, none with Autoconfirm.
func (x *exchange) toConfirm(phone string) string {
	if x.a.config.Autoconfirm {
		return ""
	}
	return phone
}

// texting runs send, which ends in a text message, within the budgets of the phone number, of
// the client's IP address and of the application. All requests count, also those without an
// account, since fraud by premium numbers requests many messages. If send fails nothing is
// counted. Without a number there is no budget.
func (x *exchange) texting(phone string, send func() error) error {
	if phone == "" {
		return send()
	}
	ctx, l := x.r.Context(), &x.a.throttle.Limits
	budgets := throttle.Spending{ // in the order of their keys
		x.a.throttle.Budget("sms address", netaddr.Name(x.address()), l.AddressSMS),
		x.a.throttle.Budget("sms all", "", l.SMS),
		x.a.throttle.Budget("sms number", phone, l.NumberSMS),
	}
	full, err := x.a.throttle.Spend(ctx, budgets)
	if err != nil {
		return err
	}
	if full != nil {
		return throttle.OverSMSLimit(full.ExpiresAt.Sub(x.a.now()))
	}
	counted := x.a.now()
	err = send()
	if err == nil {
		return nil
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), throttle.SettleTime)
	defer stop()
	if _, errBack := x.a.throttle.GiveBack(ctx, budgets, counted); errBack != nil {
		x.a.config.Logger.ErrorContext(ctx, "accounts: the budget of a text message was not restored", "error", errBack)
	}
	return err
}
