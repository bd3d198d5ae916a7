package throttle

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// SubjectAt returns the account that attempts at a contact count for. For a phone number it is
// the account of its user, which may have an e-mail address as well.
func (th *Throttle) SubjectAt(ctx context.Context, at data.Contact) (string, error) {
	if at.Phone == "" {
		return at.Email, nil
	}
	u, err := data.At(ctx, th.DB, at)
	if err != nil || u == nil {
		return "+" + at.Phone, err
	}
	return SubjectOf(u), nil
}

// SubjectOf is the account of a user as attempts count it: by the address that
// others would try it with too.
func SubjectOf(u *data.User) string {
	if u.Email != nil {
		return *u.Email
	}
	return u.ID.String()
}

// Slots bounds how many attempts are in flight. Others wait their turn for a while and
// are sent away before they cost anything: a hash takes long, and a try under way
// counts as a wrong guess until it turns out to be none.
type Slots struct {
	taken chan struct{}
	wait  time.Duration
}

// newSlots returns the slots of attempts. While as many as can hash, as many again and one
// more use the database. More would wait for a hash after they have waited for a turn.
func newSlots(cfg password.Config) Slots {
	return Slots{make(chan struct{}, 2*cfg.Slots()+1), cmp.Or(cfg.Wait, password.DefaultWait)}
}

// newOpening returns the slots for attempts that have succeeded.
func newOpening(cfg password.Config) Slots {
	t := newSlots(cfg)
	t.wait /= 4
	return t
}

// Enter takes a slot, and waits for one for a while.
func (t *Slots) Enter(ctx context.Context) error {
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

// Leave frees the slot.
func (t *Slots) Leave() { <-t.taken }

// SettleTime is how long a budget may take to be put right after a try.
const SettleTime = 5 * time.Second

// WrongGuess reports whether an attempt has failed because the secret was wrong.
func WrongGuess(err error) bool {
	return guesses[problem.Code(err)]
}

// guesses are the codes by which wrong guesses are answered.
var guesses = map[string]bool{
	problem.AuthInvalidCredentials: true, problem.AuthOTPExpired: true, problem.AuthMFAFailed: true, problem.AuthReauthenticateFailed: true,
}

// Guess is a try with the budgets it draws on.
type Guess struct {
	Subject string // in the form in which accounts are found
	network string
	SentTo  data.Contact // where the digits were sent to that are tried, if they were

	Pair, address, Account budget
	Closed                 bool // the account is closed to unknown IP addresses, and this is a known one

	// The account is closed, and a text message made this IP address a known one.
	message []budget
}

// Guess describes a try at an account from an address. The name of the account is
// taken as it is looked up, so that spelling it otherwise is no other account.
func (th *Throttle) Guess(subject, network string) *Guess {
	g := &Guess{Subject: subject, network: network}
	if email, ok := data.CanonicalEmail(subject); ok {
		g.Subject = email
	} else {
		g.Subject = strings.ToLower(strings.TrimSpace(subject))
	}
	l := &th.Limits
	g.address = th.Budget("address", network, l.AddressGuesses)
	g.Account = th.Budget("subject", g.Subject, Limit{l.AccountGuesses, AccountForgets})
	g.Pair = th.Budget("pair", network+" "+g.Subject, l.Guesses)
	return g
}

// Spending are the budgets of the try, in the order of their keys: all lock them in that.
func (g *Guess) Spending() Spending {
	switch {
	case g.Closed && g.message != nil:
		return Spending{g.address, g.message[0], g.Pair, g.message[1]}
	case g.Closed:
		return Spending{g.address, g.Pair}
	}
	return Spending{g.address, g.Pair, g.Account}
}

// Take draws on the budgets of a try before it is made.
func (th *Throttle) Take(ctx context.Context, g *Guess) error {
	full, err := th.Spend(ctx, g.Spending())
	if err != nil || full == nil {
		return err
	}
	if full.Key == g.Account.Key {
		known, err := th.knows(ctx, g)
		if err == nil && !known {
			known, err = th.sentHere(ctx, g)
		}
		if err != nil {
			return err
		}
		if !known {
			return OverLimit(th.Limits.Guesses.Per)
		}
		g.Closed = true
		if full, err = th.Spend(ctx, g.Spending()); err != nil || full == nil {
			return err
		}
	}
	return OverLimit(full.ExpiresAt.Sub(th.Now()))
}

// GuessedWrong records a wrong guess at an account. The count lasts from then on. An account
// with too many is closed to unknown IP addresses.
func (th *Throttle) GuessedWrong(ctx context.Context, g *Guess) error {
	if g.Account.limit.Count < 0 || g.Closed {
		return nil
	}
	now := th.Now()
	forgotten := now.Add(AccountForgets)
	return data.KeepSpent(ctx, th.DB, g.Account.Key, int64(g.Account.limit.Count), forgotten, now.Add(accountCloses), forgotten)
}

// knows reports whether the user has had a session from the network of the request. If the user
// has a second factor, only a session with it counts, which a client with the password alone
// cannot make. The database checks all sessions, since such a client can make many.
func (th *Throttle) knows(ctx context.Context, g *Guess) (bool, error) {
	id, err := th.Named(ctx, g.Subject)
	if err != nil {
		return false, err
	}
	// The following runs without an account too, and takes as long.
	second, err := data.HasSecondFactor(ctx, th.DB, id)
	if err != nil {
		return false, err
	}
	return data.SeenAt(ctx, th.DB, id, g.network, th.Now().Add(-accountKnows), second)
}

// messageGuesses is how many digits may be tried for one message where an account is closed.
const messageGuesses = 5

// sentHere reports whether the entered digits are those of a message that was requested from
// the same network. It admits an owner who has nothing but a phone and uses a new network; in a
// mail there would be a link. A message has messageGuesses tries, and all messages of a day
// have as many as close the account. Only the network that requested a message may use its
// tries, so that an attacker cannot spend them.
func (th *Throttle) sentHere(ctx context.Context, g *Guess) (bool, error) {
	if g.SentTo.Phone == "" {
		return false, nil
	}
	u, err := data.ReachedAt(ctx, th.DB, g.SentTo)
	if err != nil {
		return false, err
	}
	owners := []*store.ID{new(th.Keys.AbsentOwner(g.SentTo))}
	if u != nil {
		owners = append(owners, &u.ID)
	}
	sent, err := data.SentDigits(ctx, th.DB, owners, th.Now())
	if err != nil {
		return false, err
	}
	for _, c := range sent {
		var is data.MailedCode
		if err := c.Read(&is); err != nil {
			return false, err
		}
		if is.Network == g.network {
			g.message = []budget{
				th.Budget("message", c.ID.String(), Limit{messageGuesses, data.DigitsLife}),
				th.SentBudget(g),
			}
			return true, nil
		}
	}
	return false, nil
}

// SentBudget bounds the digits that are tried at an account that is closed.
func (th *Throttle) SentBudget(g *Guess) budget {
	return th.Budget("sent", g.Subject, Limit{g.Account.limit.Count, AccountForgets})
}

// Named finds the id of the user that a try is about, the zero ID without one.
func (th *Throttle) Named(ctx context.Context, subject string) (store.ID, error) {
	if id, err := store.ParseID(subject); err == nil {
		return id, nil
	}
	u, err := data.ByEmail(ctx, th.DB, subject)
	if err != nil || u == nil {
		return store.ID{}, err
	}
	return u.ID, nil
}
