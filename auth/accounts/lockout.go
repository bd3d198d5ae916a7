package accounts

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/store"
)

// guessedWrong records a wrong guess at an account. The count lasts from then on. An account
// with too many is closed to unknown IP addresses.
func (a *Accounts) guessedWrong(ctx context.Context, g *guess) error {
	if g.account.limit.Count < 0 || g.closed {
		return nil
	}
	rows, now, this := store.For[failures](a.db), a.now(), store.Eq("key", g.account.key)
	has := func(spent store.Cond, until time.Time) error {
		open := store.Compare("expires_at", store.OpLte, now.Add(accountForgets))
		_, err := rows.PatchWhere(ctx, store.And(this, spent, open), store.SetTo("expires_at", until))
		return err
	}
	most := int64(g.account.limit.Count)
	if err := has(failuresCount.Gte(most), now.Add(accountCloses)); err != nil {
		return err
	}
	return has(failuresCount.Lt(most), now.Add(accountForgets))
}

// knows reports whether the user has had a session from the network of the request. If the user
// has a second factor, only a session with it counts, which a client with the password alone
// cannot make. The database checks all sessions, since such a client can make many.
func (a *Accounts) knows(ctx context.Context, g *guess) (bool, error) {
	id, err := a.named(ctx, g.subject)
	if err != nil {
		return false, err
	}
	// The following runs without an account too, and takes as long.
	second, err := a.hasSecondFactor(ctx, id)
	if err != nil {
		return false, err
	}
	here := store.And(
		store.Eq("user_id", id), store.Eq("network", g.network), store.Compare("address", store.OpNeq, ""), // who comes from nowhere is known nowhere
		store.Compare("refreshed_at", store.OpGt, a.now().Add(-accountKnows)),
	)
	if second {
		here = store.And(here, store.Or(store.Compare("aal", store.OpGt, 1), begunByMail()))
	}
	n, err := store.For[session](a.db).Count(ctx, here)
	return n > 0, err
}

// messageGuesses is how many digits may be tried for one message where an account is closed.
const messageGuesses = 5

// sentHere reports whether the entered digits are those of a message that was requested from
// the same network. It admits an owner who has nothing but a phone and uses a new network; in a
// mail there would be a link. A message has messageGuesses tries, and all messages of a day
// have as many as close the account. Only the network that requested a message may use its
// tries, so that an attacker cannot spend them.
func (a *Accounts) sentHere(ctx context.Context, g *guess) (bool, error) {
	if g.sentTo.phone == "" {
		return false, nil
	}
	u, err := a.reachedAt(ctx, a.db, g.sentTo)
	if err != nil {
		return false, err
	}
	owners := []store.ID{a.keys.absentOwner(g.sentTo)}
	if u != nil {
		owners = append(owners, u.ID)
	}
	sent, err := store.For[code](a.db).List(ctx, store.Query{Where: store.And(
		store.In("user_id", owners), store.In("kind", names([]codeKind{codeSMS, codeSMSSignup})), store.Null("used_at"),
		store.Compare("expires_at", store.OpGt, a.now()),
	)})
	if err != nil {
		return false, err
	}
	for _, c := range sent {
		var is mailedCode
		if err := c.read(&is); err != nil {
			return false, err
		}
		if is.Network == g.network {
			g.message = []budget{
				a.budget("message", c.ID.String(), bound{messageGuesses, digitsLife}),
				a.sentBudget(g),
			}
			return true, nil
		}
	}
	return false, nil
}

// sentBudget bounds the digits that are tried at an account that is closed.
func (a *Accounts) sentBudget(g *guess) budget {
	return a.budget("sent", g.subject, bound{g.account.limit.Count, accountForgets})
}

// network is where a device is, as tries are counted.
func (d device) network() string {
	at, _ := netip.ParseAddr(d.address) // without one it is the zero Addr, as that of a request
	return netaddr.Name(at)
}

// named finds the id of the user that a try is about, the zero ID without one.
func (a *Accounts) named(ctx context.Context, subject string) (store.ID, error) {
	if id, err := store.ParseID(subject); err == nil {
		return id, nil
	}
	u, err := a.byEmail(ctx, a.db, subject)
	if err != nil || u == nil {
		return store.ID{}, err
	}
	return u.ID, nil
}

// begunByMail selects the sessions that began with something that was mailed.
func begunByMail() store.Cond {
	return store.In("methods", []string{"otp", "magiclink", "recovery", "invite", "email_change", "email/signup"}).
		At(store.Path{}.Item(0).Key("method").Text())
}

// forgive begins the count of an account anew after its user has logged in with
// everything it asks for. Who has the password only could otherwise guess at the
// second factor without end, by logging in between.
func (x *exchange) forgive(ctx context.Context, g *guess) error {
	rows := store.For[failures](x.a.db)
	spent, err := rows.Count(ctx, store.And(store.Eq("key", g.account.key), failuresCount.Gt(0)))
	if err != nil || spent == 0 {
		return err
	}
	id, err := x.a.named(ctx, g.subject)
	if err != nil {
		return err
	}
	second, err := x.a.hasSecondFactor(ctx, id)
	if err != nil {
		return err
	}
	if second {
		if full, err := x.hasFullSession(ctx, id); err != nil || !full {
			return err
		}
	}
	_, err = rows.DeleteWhere(ctx, store.In("key", []string{g.account.key, g.pair.key, x.a.sentBudget(g).key}))
	return err
}

// hasFullSession reports whether the request has a session of the user with a second factor. A
// session of another user proves nothing.
func (x *exchange) hasFullSession(ctx context.Context, owner store.ID) (bool, error) {
	p, err := x.principal()
	if err != nil {
		return false, nil // it is no such session
	}
	id, err := store.ParseID(p.Session)
	if err != nil {
		return false, nil // it is no such session
	}
	s, err := store.For[session](x.a.db).Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && s.UserID == owner && s.AAL > 1, err
}

// hasSecondFactor reports whether the user has a second factor.
func (a *Accounts) hasSecondFactor(ctx context.Context, id store.ID) (bool, error) {
	n, err := store.For[factor](a.db).Count(ctx, store.And(store.Eq("user_id", id), store.Eq("status", factorVerified)))
	return n > 0, err
}
