package wire

import (
	"math/rand/v2"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
)

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

// pad waits until an answer whose time could reveal whether an account exists has taken Config.MinResponseTime. It uses
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
