package accounts

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// attempt is one try at a secret that can be guessed: a password, a code of few
// digits. subject is the account as the client names it, whether there is one or
// not. Every such try of every endpoint goes through here and draws on one budget of
// the account, so that no endpoint is a way around another's. try returns a
// failure that wrongGuess reports for a wrong one.
//
// A try is counted before it is made, and given back unless it was a wrong guess: of
// many at once no more are made than the budgets allow.
func (x *exchange) attempt(subject string, try func() error) error {
	return x.attemptSent(subject, contact{}, try)
}

// attemptSent is attempt at digits that were sent to a contact, see sentHere.
func (x *exchange) attemptSent(subject string, to contact, try func() error) error {
	if err := x.a.tries.enter(x.r.Context()); err != nil {
		return err
	}
	defer x.a.tries.leave()
	g := x.guess(subject)
	g.sentTo = to
	return x.counted(g, try)
}

// guess describes a try of a request at an account.
func (x *exchange) guess(subject string) *guess {
	return x.a.guess(subject, netaddr.Name(x.address()))
}

// attemptThen is attempt in front of opening a session, which is no guess any more and
// has turns of its own, as many: while it waits for the database, others hash.
func (x *exchange) attemptThen(subject string, try, then func() error) error {
	ctx := x.r.Context()
	if err := x.a.tries.enter(ctx); err != nil {
		return err
	}
	err := x.counted(x.guess(subject), try)
	if err == nil {
		// The slot is freed only then: hashing waits for the writer. That takes less than the
		// wait before, so a request does not learn after seconds that there is no slot.
		err = x.a.opening.enter(ctx)
	}
	x.a.tries.leave()
	if err != nil {
		return err
	}
	defer x.a.opening.leave()
	return then()
}

// counted makes a try that draws on its budgets.
func (x *exchange) counted(g *guess, try func() error) error {
	ctx := x.r.Context()
	if err := x.a.take(ctx, g); err != nil {
		return err
	}
	counted := x.a.now()
	err := try()
	// The client may have gone; what it has done counts all the same.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer stop()
	if errSettle := x.settle(ctx, g, counted, err); errSettle != nil {
		x.a.config.Logger.ErrorContext(ctx, "accounts: the budget of an attempt was not restored", "error", errSettle)
	}
	return err
}

// turns bounds how many tries are under way. Others wait their turn for a while and
// are sent away before they cost anything: a hash takes long, and a try under way
// counts as a wrong guess until it turns out to be none.
type turns struct {
	taken chan struct{}
	wait  time.Duration
}

// newTurns returns the turns of tries. While as many as can hash, as many again and one
// more use the database. More would wait for a hash after they have waited for a turn.
func newTurns(cfg password.Config) turns {
	return turns{make(chan struct{}, 2*cfg.Slots()+1), cmp.Or(cfg.Wait, password.DefaultWait)}
}

// newOpening returns the slots for attempts that have succeeded.
func newOpening(cfg password.Config) turns {
	t := newTurns(cfg)
	t.wait /= 4
	return t
}

func (t *turns) enter(ctx context.Context) error {
	waiting := time.NewTimer(t.wait)
	defer waiting.Stop()
	select {
	case t.taken <- struct{}{}:
		return nil
	case <-waiting.C:
		return password.ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *turns) leave() { <-t.taken }

// settleTime is how long a budget may take to be put right after a try.
const settleTime = 5 * time.Second

// wrongGuess reports whether an attempt has failed because the secret was wrong.
func wrongGuess(err error) bool {
	coded, ok := errors.AsType[problem.Coded](err)
	return ok && guesses[coded.Problem()]
}

// guesses are the codes by which wrong guesses are answered.
var guesses = map[string]bool{
	problem.AuthInvalidCredentials: true, problem.AuthOTPExpired: true, problem.AuthMFAFailed: true, problem.AuthReauthenticateFailed: true,
}

// guess is a try with the budgets it draws on.
type guess struct {
	subject string // in the form in which accounts are found
	network string
	sentTo  contact // where the digits were sent to that are tried, if they were

	pair, address, account budget
	closed                 bool // the account is closed to unknown IP addresses, and this is a known one

	// The account is closed, and a text message made this IP address a known one.
	message []budget
}

// guess describes a try at an account from an address. The name of the account is
// taken as it is looked up, so that spelling it otherwise is no other account.
func (a *Accounts) guess(subject, network string) *guess {
	g := &guess{subject: subject, network: network}
	if email, ok := canonicalEmail(subject); ok {
		g.subject = email
	} else {
		g.subject = strings.ToLower(strings.TrimSpace(subject))
	}
	l := &a.limits
	g.address = a.budget("address", network, l.AddressGuesses)
	g.account = a.budget("subject", g.subject, bound{l.AccountGuesses, accountForgets})
	g.pair = a.budget("pair", network+" "+g.subject, l.Guesses)
	return g
}

// spending are the budgets of the try, in the order of their keys: all lock them in that.
func (g *guess) spending() spending {
	switch {
	case g.closed && g.message != nil:
		return spending{g.address, g.message[0], g.pair, g.message[1]}
	case g.closed:
		return spending{g.address, g.pair}
	}
	return spending{g.address, g.pair, g.account}
}

// take draws on the budgets of a try before it is made.
func (a *Accounts) take(ctx context.Context, g *guess) error {
	full, err := a.spend(ctx, g.spending())
	if err != nil || full == nil {
		return err
	}
	if full.Key == g.account.key {
		known, err := a.knows(ctx, g)
		if err == nil && !known {
			known, err = a.sentHere(ctx, g)
		}
		if err != nil {
			return err
		}
		if !known {
			return overLimit(a.limits.Guesses.Per)
		}
		g.closed = true
		if full, err = a.spend(ctx, g.spending()); err != nil || full == nil {
			return err
		}
	}
	return overLimit(full.ExpiresAt.Sub(a.now()))
}

// settle puts the budgets right after a try that was counted at a time.
func (x *exchange) settle(ctx context.Context, g *guess, counted time.Time, outcome error) error {
	if wrongGuess(outcome) {
		return x.a.guessedWrong(ctx, g)
	}
	alone, err := x.a.giveBack(ctx, g.spending(), counted)
	if err != nil || outcome != nil || alone && !g.closed {
		return err
	}
	return x.forgive(ctx, g)
}
