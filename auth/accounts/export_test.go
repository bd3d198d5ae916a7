package accounts

import (
	"context"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// SendDue sends what the outbox holds and is due.
func (a *Accounts) SendDue(ctx context.Context) error { return a.sendDue(ctx) }

// QueueMail puts a mail into the outbox, "" for nobody.
func (a *Accounts) QueueMail(ctx context.Context, to string, life time.Duration) error {
	return a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return a.mail(ctx, tx, mail{to: to, template: MailNotice, values: map[string]string{"code": "a secret"}, life: life})
	})
}

// CanonicalPhone returns a number as it is stored.
func CanonicalPhone(text string) (phone string, ok bool) { return canonicalPhone(text) }

// Sweep deletes all that is of no use.
func (a *Accounts) Sweep(ctx context.Context) error {
	for {
		if more, err := a.sweep(ctx); err != nil || !more {
			return err
		}
	}
}

// SweepRegularly is the part of Run that deletes what is of no use, and SweepMost how much
// of a table it deletes at a time.
func (a *Accounts) SweepRegularly(ctx context.Context) error { return a.sweepRegularly(ctx) }

const SweepMost = sweepMost * sweepBatch

// MaxSessions is how many sessions a user has.
const MaxSessions = maxSessions

// Routes returns the method and path of every route.
func Routes() (out [][2]string) {
	for i := range routes {
		out = append(out, [2]string{routes[i].method, routes[i].path})
	}
	return out
}

// Turns returns how many tries are under way at the same time.
func (a *Accounts) Turns() int { return 2*a.config.Hashes.Slots() + 1 }

// Redirect returns where a flow leads that is asked to lead to an address.
func (a *Accounts) Redirect(asked string) string { return a.config.redirect(asked) }

// ForgetVerified makes every token one that was not seen before.
func (a *Accounts) ForgetVerified() { a.verified = newVerifiedTokens() }

// RevokeSome ends sessions that nobody has.
func (a *Accounts) RevokeSome(n int) {
	for range n {
		id := store.NewID()
		a.revoked.add(&revocation{ID: 1, SessionID: &id, At: a.now()}, a.now())
		a.revoked.add(&revocation{ID: 1, UserID: store.NewID(), At: a.now()}, a.now())
	}
}

// LookUp returns what looks for a token among the revocations.
func (a *Accounts) LookUp(token string) func() bool {
	entry, _ := a.verified.get(token, a.config.Now())
	return func() bool { return a.revoked.covers(&entry) }
}

// HoldKeys has somebody read the signing keys until it is released.
func (a *Accounts) HoldKeys() (release func()) {
	a.signing.turn <- struct{}{}
	return func() { <-a.signing.turn }
}

// KeysInTrouble is how long signing keys are used that cannot be read again.
const KeysInTrouble = keysInTrouble

// NewTokens returns the refresh token and the cookie of a session.
func (a *Accounts) NewTokens(id store.ID, counter int64) (refresh, cookie string) {
	return a.keys.refreshToken(id, counter), a.keys.cookie(id)
}

// ReadRefresh reads a refresh token.
func (a *Accounts) ReadRefresh(token string) (id store.ID, counter int64, ok bool) {
	return a.keys.readRefresh(token)
}

// ReadCookie reads the cookie of a session.
func (a *Accounts) ReadCookie(value string) (id store.ID, ok bool) { return a.keys.readCookie(value) }

// WithoutHashes makes whoever hashes a password panic.
func (a *Accounts) WithoutHashes() { a.hashes = nil }

// Remembered is how many credentials are remembered to have held.
func (a *Accounts) Remembered() int {
	return len(a.verified.young) + len(a.verified.old) + len(a.cookies.young) + len(a.cookies.old) + len(a.readKeys.keys)
}

const RotateBatch = rotateBatch

// AddFactors gives a user apps that nobody uses.
func (a *Accounts) AddFactors(ctx context.Context, user store.ID, n int) error {
	return a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for i := range n {
			f := &factor{UserID: user, Type: factorTOTP, FriendlyName: strconv.Itoa(i), Status: factorVerified}
			f.ID = store.NewID()
			f.Sealed = a.keys.seal(f.place(), []byte("twenty bytes, about."))
			if err := store.For[factor](tx).Insert(ctx, f); err != nil {
				return err
			}
		}
		return nil
	})
}
