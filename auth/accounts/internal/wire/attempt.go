package wire

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
)

// attempt is one try at a secret that can be guessed: a password, a code of few
// digits. subject is the account as the client names it, whether there is one or
// not. Every such try of every endpoint goes through here and draws on one budget of
// the account, so that no endpoint is a way around another's. try returns a
// failure that wrongGuess reports for a wrong one.
//
// A try is counted before it is made, and given back unless it was a wrong guess: of
// many at once no more are made than the budgets allow.
func (x budgetHandler) attempt(subject string, try func() error) error {
	return x.attemptSent(subject, data.Contact{}, try)
}

// attemptSent is attempt at digits that were sent to a contact, see sentHere.
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

// attemptThen is attempt in front of opening a session, which is no guess any more and
// has turns of its own, as many: while it waits for the database, others hash.
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

// counted makes a try that draws on its budgets.
func (x budgetHandler) counted(g *throttle.Guess, try func() error) error {
	ctx := x.r.Context()
	if err := x.Throttle.Take(ctx, g); err != nil {
		return err
	}
	counted := x.Now()
	err := try()
	// The client may have gone; what it has done counts all the same.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), throttle.SettleTime)
	defer stop()
	if errSettle := x.settle(ctx, g, counted, err); errSettle != nil {
		x.Logger.ErrorContext(ctx, "accounts: the budget of an attempt was not restored", "error", errSettle)
	}
	return err
}

// settle puts the budgets right after a try that was counted at a time.
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
