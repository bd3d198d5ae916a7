package throttle

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/store"
)

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
