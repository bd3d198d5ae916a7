package wire

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/store"
)

// attempt checks a secret that can be guessed: a password, or a code of few digits.
// subject is the account as the client names it, whether it exists or not. Every endpoint
// calls attempt and draws on the same budget of the account. try returns a failure that [throttle.WrongGuess] reports for a wrong one.
//
// A try is counted before it runs, and given back unless it was a wrong guess, so
// concurrent tries cannot exceed the budgets.
func (x budgetHandler) attempt(subject string, try func() error) error {
	return x.attemptSent(subject, data.Contact{}, try)
}

// attemptSent is attempt for digits that were sent to a contact.
func (x budgetHandler) attemptSent(subject string, to data.Contact, try func() error) error {
	if err := x.Throttle.Tries.Enter(x.r.Context()); err != nil {
		return err
	}
	defer x.Throttle.Tries.Leave()
	g := x.guess(subject)
	g.SentTo = to
	return x.counted(g, try)
}

// guess describes a try of a request at an account.
func (x budgetHandler) guess(subject string) *throttle.Guess {
	return x.Throttle.Guess(subject, netaddr.Name(x.address()))
}

// attemptThen is attempt followed by opening a session. Opening has a semaphore of its own,
// so that other requests hash while it waits for the database.
func (x budgetHandler) attemptThen(subject string, try, then func() error) error {
	ctx := x.r.Context()
	if err := x.Throttle.Tries.Enter(ctx); err != nil {
		return err
	}
	err := x.counted(x.guess(subject), try)
	if err == nil {
		// The slot is freed only then: hashing waits for the writer. That takes less than the
		// wait before, so a request does not learn after seconds that there is no slot.
		err = x.Throttle.Opening.Enter(ctx)
	}
	x.Throttle.Tries.Leave()
	if err != nil {
		return err
	}
	defer x.Throttle.Opening.Leave()
	return then()
}

// counted runs a try within its budgets.
func (x budgetHandler) counted(g *throttle.Guess, try func() error) error {
	ctx := x.r.Context()
	if err := x.Throttle.Take(ctx, g); err != nil {
		return err
	}
	counted := x.Now()
	err := try()
	// The try counts even if the client has disconnected.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), throttle.SettleTime)
	defer stop()
	if errSettle := x.settle(ctx, g, counted, err); errSettle != nil {
		x.Logger.ErrorContext(ctx, "accounts: the budget of an attempt was not restored", "error", errSettle)
	}
	return err
}

// settle corrects the budgets after a try that was counted at a time.
func (x budgetHandler) settle(ctx context.Context, g *throttle.Guess, counted time.Time, outcome error) error {
	if throttle.WrongGuess(outcome) {
		return x.Throttle.GuessedWrong(ctx, g)
	}
	alone, err := x.Throttle.GiveBack(ctx, g.Spending(), counted)
	if err != nil || outcome != nil || alone && !g.Closed {
		return err
	}
	return x.forgive(ctx, g)
}

// drawRequest draws on one of the budgets that Limits.Requests bounds.
func (x budgetHandler) drawRequest(kind string) error {
	return x.draw(kind, netaddr.Name(x.address()), x.Throttle.Limits.Requests)
}

// drawBegun draws on the budget of flows that a user begins from an IP address. Each stores
// a row.
func (x budgetHandler) drawBegun(u *data.User) error {
	return x.drawMany("begun", u.ID.String()+" "+netaddr.Name(x.address()))
}

// drawMany draws on a larger budget, for requests that store little.
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

// toConfirm is the phone number that a message has to confirm, empty with Autoconfirm.
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

// forgive begins the count of an account anew after its user has logged in with
// everything it asks for. Who has the password only could otherwise guess at the
// second factor without end, by logging in between.
func (x budgetHandler) forgive(ctx context.Context, g *throttle.Guess) error {
	if spent, err := data.IsSpent(ctx, x.DB, g.Account.Key); err != nil || !spent {
		return err
	}
	id, err := x.Throttle.Named(ctx, g.Subject)
	if err != nil {
		return err
	}
	second, err := data.HasSecondFactor(ctx, x.DB, id)
	if err != nil {
		return err
	}
	if second {
		if full, err := x.hasFullSession(ctx, id); err != nil || !full {
			return err
		}
	}
	return data.DropBudgets(ctx, x.DB, g.Account.Key, g.Pair.Key, x.Throttle.SentBudget(g).Key)
}

// hasFullSession reports whether the request has a session of the user with a second factor. A
// session of another user proves nothing.
func (x budgetHandler) hasFullSession(ctx context.Context, owner store.ID) (bool, error) {
	p, err := x.principal()
	if err != nil {
		return false, nil // it is no such session
	}
	id, err := store.ParseID(p.Session)
	if err != nil {
		return false, nil // it is no such session
	}
	s, err := data.GetSession(ctx, x.DB, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && s.UserID == owner && s.AAL > 1, err
}

// asksForMail are the routes by which unauthenticated clients create accounts and mails. They draw on Limits.Requests,
// and neither their answer nor its time reveals whether an account exists.
var asksForMail = map[string]bool{"signup": true, "otp": true, "magiclink": true, "recover": true, "resend": true}

// limit draws on the requests that an IP address may make, where they leave something behind.
func (x *request) limit(path string) error {
	switch {
	case asksForMail[path]:
		if err := x.budgets().drawRequest("requests"); err != nil {
			return err // not padded: it depends on the IP address alone, and padding would hold a slot
		}
		x.padFrom = time.Now()
	case path == "authorize":
		return x.budgets().drawMany("providers", netaddr.Name(x.address()))
	}
	return nil
}

// bodyRead starts the padded time again: the time that a client takes for its body does not count.
func (x *request) bodyRead() {
	if !x.padFrom.IsZero() {
		x.padFrom = time.Now()
	}
}

// paddingSpread hides how the timer rounds: an idle process sleeps for whole milliseconds, counted from when the work ended.
const paddingSpread = 5 * time.Millisecond

// pad waits until an answer that could reveal by its time whether an account exists has taken Config.MinResponseTime. It uses
// the clock of the machine, not Config.Now.
func (x *request) pad() {
	if x.padFrom.IsZero() || x.MinResponseTime < 0 || x.Changes.Autoconfirm {
		return // with Autoconfirm the answer to a sign-up says it
	}
	rest := time.NewTimer(time.Until(x.padFrom.Add(x.MinResponseTime + rand.N(paddingSpread))))
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-x.r.Context().Done():
	}
}

// tryLogin runs a try at a password and pads a wrong one: how long it took depends on the hash that the account has. The
// padded time starts when the try does, after the wait for its turn, which is the same for every account.
func (x *request) tryLogin(try func() error) error {
	started := time.Now()
	err := try()
	if throttle.WrongGuess(err) {
		x.padFrom = started
	}
	return err
}
