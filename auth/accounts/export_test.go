package accounts

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/wire"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// SendDue runs the jobs until no mail is due or ctx ends.
func (a *Accounts) SendDue(ctx context.Context) error {
	running, stop := context.WithCancel(ctx)
	ended := make(chan error)
	go func() { ended <- a.jobs.Run(running) }()
	var err error
	for busy := true; busy && err == nil; time.Sleep(time.Millisecond) {
		var list []jobs.QueueStats
		list, err = a.jobs.Stats(ctx)
		busy = slices.ContainsFunc(list, func(s jobs.QueueStats) bool { return s.Due+s.Running > 0 })
	}
	stop()
	return errors.Join(err, <-ended)
}

// MailsAgain makes mails due that wait for another attempt, and returns the earliest time at
// which they would have been.
func (a *Accounts) MailsAgain(ctx context.Context) (due time.Duration, err error) {
	list, err := a.jobs.List(ctx, jobs.Filter{Kind: outbox.Kind, State: jobs.Waiting}, 1000)
	for i := range list {
		if wait := time.Until(list[i].DueAt); i == 0 || wait < due {
			due = wait
		}
	}
	if err == nil {
		_, err = a.jobs.Retry(ctx, jobs.Filter{Kind: outbox.Kind, State: jobs.Waiting})
	}
	return due, err
}

// Mails returns the jobs of mails in a state.
func (a *Accounts) Mails(ctx context.Context, state jobs.State) ([]jobs.Info, error) {
	return a.jobs.List(ctx, jobs.Filter{Kind: outbox.Kind, State: state}, 1000)
}

// QueueAsBefore queues a mail as an earlier version did.
func (a *Accounts) QueueAsBefore(ctx context.Context, to string, due time.Time) error {
	row := &data.Outgoing{ID: store.NewID(), CreatedAt: a.now(), DueAt: due, ExpiresAt: a.now().Add(time.Hour)}
	row.Sealed = a.keys.Seal(row.Place(), []byte(`{"to":"`+to+`","template":"notice","locale":"de","values":{"code":"a secret"}}`))
	return data.Insert(ctx, a.db, row)
}

// QueueMail puts a mail into the outbox, "" for nobody.
func (a *Accounts) QueueMail(ctx context.Context, to string, life time.Duration) error {
	return a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := a.outbox.Queue(ctx, tx, outbox.Mail{To: to, Template: outbox.MailNotice, Values: map[string]string{"code": "a secret"}, Life: life})
		return err
	})
}

// CanonicalPhone returns a number as it is stored.
func CanonicalPhone(text string) (phone string, ok bool) { return data.CanonicalPhone(text) }

// Sweep deletes all that is of no use.
func (a *Accounts) Sweep(ctx context.Context) error {
	return a.sweepAll(ctx)
}

// SweepMost is how much of a table one sweep deletes at a time.
const SweepMost = data.SweepMost

// MaxSessions is how many sessions a user has.
const MaxSessions = session.MaxSessions

// Routes returns the method and path of every route.
func Routes() (out [][2]string) {
	for i := range wire.Routes {
		out = append(out, [2]string{wire.Routes[i].Method, wire.Routes[i].Path})
	}
	return out
}

// Turns returns how many tries are under way at the same time.
func (a *Accounts) Turns() int { return 2*a.config.Hashes.Slots() + 1 }

// Redirect returns where a flow leads that is asked to lead to an address.
func (a *Accounts) Redirect(asked string) string { return a.handler.Redirect(asked) }

// ForgetVerified makes every token one that was not seen before.
func (a *Accounts) ForgetVerified() { a.sessions.Verified = session.NewTokenCache() }

// RevokeSome ends sessions that nobody has.
func (a *Accounts) RevokeSome(n int) {
	for range n {
		id := store.NewID()
		a.sessions.Revoked.Add(&data.Revocation{ID: 1, SessionID: &id, At: a.now()}, a.now())
		a.sessions.Revoked.Add(&data.Revocation{ID: 1, UserID: store.NewID(), At: a.now()}, a.now())
	}
}

// LookUp returns what looks for a token among the revocations.
func (a *Accounts) LookUp(token string) func() bool {
	entry, _ := a.sessions.Verified.Get(token, a.config.Now())
	return func() bool { return a.sessions.Revoked.Covers(&entry) }
}

// HoldKeys has somebody read the signing keys until it is released.
func (a *Accounts) HoldKeys() (release func()) {
	a.sessions.Signing.Turn <- struct{}{}
	return func() { <-a.sessions.Signing.Turn }
}

// KeysInTrouble is how long signing keys are used that cannot be read again.
const KeysInTrouble = session.KeysInTrouble

// NewTokens returns the refresh token and the cookie of a session.
func (a *Accounts) NewTokens(id store.ID, counter int64) (refresh, cookie string) {
	return a.keys.RefreshToken(id, counter), a.keys.Cookie(id)
}

// ReadRefresh reads a refresh token.
func (a *Accounts) ReadRefresh(token string) (id store.ID, counter int64, ok bool) {
	return a.keys.ReadRefresh(token)
}

// ReadCookie reads the cookie of a session.
func (a *Accounts) ReadCookie(value string) (id store.ID, ok bool) { return a.keys.ReadCookie(value) }

// WithoutHashes makes whoever hashes a password panic.
func (a *Accounts) WithoutHashes() { a.hashes = nil }

// Remembered is how many credentials are remembered to have held.
func (a *Accounts) Remembered() int {
	return len(a.sessions.Verified.Young) + len(a.sessions.Verified.Old) + len(a.sessions.Cookies.Young) + len(a.sessions.Cookies.Old) + len(a.apiKeys.Known.Keys)
}

const RotateBatch = data.RotateBatch

// AddFactors gives a user apps that nobody uses.
func (a *Accounts) AddFactors(ctx context.Context, user store.ID, n int) error {
	return a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for i := range n {
			f := &data.Factor{UserID: user, Type: data.FactorTOTP, FriendlyName: strconv.Itoa(i), Status: data.FactorVerified}
			f.ID = store.NewID()
			f.Sealed = a.keys.Seal(f.Place(), []byte("twenty bytes, about."))
			if err := data.Insert(ctx, tx, f); err != nil {
				return err
			}
		}
		return nil
	})
}
