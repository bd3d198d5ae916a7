package accounts

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
)

// Retention says how long [Accounts.Run] keeps rows that are not usable any more.
type Retention struct {
	// Sessions is how long a session is kept after it has ended, which a user's
	// list of devices and AccountGuesses of [Limits] look at.
	//
	// Defaults to 30 days.
	Sessions time.Duration

	// Events is how long the audit log is kept; less than 0 is for ever.
	//
	// Defaults to 400 days.
	Events time.Duration

	// Every is how often rows are looked for that can go.
	//
	// Defaults to 10 minutes.
	Every time.Duration
}

func (r Retention) withDefaults() (Retention, error) {
	r.Sessions = cmp.Or(r.Sessions, 30*24*time.Hour)
	r.Events = cmp.Or(r.Events, 400*24*time.Hour)
	r.Every = cmp.Or(r.Every, 10*time.Minute)
	if r.Sessions < 0 || r.Every < 0 {
		return r, errors.New("accounts: Retention: Sessions and Every must not be negative")
	}
	return r, nil
}

// sweepLate is how long rows are kept that are of no use at once, for clocks that differ and for
// operators who look into what has happened.
const sweepLate = 24 * time.Hour

// sweepRegularly is a part of Run. What does not work is tried again: nothing depends
// on rows being gone. Where there are more than one sweep deletes, another one follows at
// once: who leaves many rows behind, from many addresses, does not leave them faster than
// they go.
func (a *Accounts) sweepRegularly(ctx context.Context) error {
	tick := time.NewTicker(a.config.Retention.Every)
	defer tick.Stop()
	for {
		more, err := a.sweep(ctx)
		if err != nil && ctx.Err() == nil {
			a.config.Logger.WarnContext(ctx, "accounts: expired rows were not deleted", "error", err)
		}
		if more && err == nil {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// sweep deletes the rows that are of no use, and reports whether there may be more.
func (a *Accounts) sweep(ctx context.Context) (more bool, err error) {
	now := a.now()
	late := now.Add(-sweepLate)
	until := data.Expiry{
		Budgets: now, Codes: late, Factors: late, Mails: late.Add(-max(a.config.MailInterval, 0)), Sessions: now.Add(-a.config.Retention.Sessions),
		// Access tokens live an hour at most, also those of instances with other settings.
		Revocations: late.Add(-session.MaxAccessTTL),
	}
	if a.config.Retention.Events > 0 {
		until.Events = now.Add(-a.config.Retention.Events)
	}
	return data.Sweep(ctx, a.db, until)
}
