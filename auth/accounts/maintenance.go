package accounts

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/migrate"
)

// Run does what accounts do in the background, until ctx ends, and then returns nil:
//
//   - It keeps this instance up with the sessions that end on others. Without it
//     access tokens of theirs hold until they expire. Sessions that end on this
//     instance are known at once.
//   - Without Config.Jobs it runs its own jobs.
//
// The jobs send mails and text messages, delete rows that are of no use any more ([Retention]),
// and make the next signing key in time. Several instances send a mail once, unless one is
// killed while it does.
//
// If a part fails for good the others are stopped, and Run returns its error.
func (a *Accounts) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first error
	)
	for _, part := range a.background() {
		wg.Go(func() {
			if err := part(ctx); err != nil && ctx.Err() == nil {
				once.Do(func() { first = err })
				stop(err)
			}
		})
	}
	wg.Wait()
	return first
}

// background are the parts of Run. Each returns nil when its context ends.
func (a *Accounts) background() []func(context.Context) error {
	parts := []func(context.Context) error{a.sessions.FollowRevocations, a.carryOver}
	if a.config.Jobs == nil {
		parts = append(parts, a.jobs.Run)
	}
	return parts
}

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

	// Every is how often rows are looked for that can go, a second at least.
	//
	// Defaults to 10 minutes.
	Every time.Duration
}

func (r Retention) withDefaults() (Retention, error) {
	r.Sessions = cmp.Or(r.Sessions, 30*24*time.Hour)
	r.Events = cmp.Or(r.Events, 400*24*time.Hour)
	r.Every = cmp.Or(r.Every, 10*time.Minute)
	if r.Sessions < 0 || r.Every < time.Second {
		return r, errors.New("accounts: Retention: Sessions must not be negative, and Every at least a second")
	}
	return r, nil
}

// sweepLate is how long rows are kept that are of no use at once, for clocks that differ and for
// operators who look into what has happened.
const sweepLate = 24 * time.Hour

// schedule registers the work by the clock.
func (a *Accounts) schedule() {
	opts := &jobs.ScheduleOptions{Queue: "plinth", MaxAttempts: 3, Timeout: 10 * time.Minute}
	jobs.Every(a.jobs, "accounts.sweep", a.config.Retention.Every, func(ctx context.Context, _ time.Time) error { return a.sweepAll(ctx) }, opts)
	// Keys are also made when they are used. An hourly look publishes them early enough if
	// there are few requests.
	jobs.Every(a.jobs, "accounts.keys", time.Hour, func(ctx context.Context, _ time.Time) error { return a.sessions.Ready(ctx) }, opts)
}

// sweepAll deletes the rows that are of no use. Where there are more than one sweep deletes,
// another one follows at once: a client that leaves many rows behind, from many addresses, does
// not leave them faster than they go.
func (a *Accounts) sweepAll(ctx context.Context) error {
	for {
		if more, err := a.sweep(ctx); err != nil || !more {
			return err
		}
	}
}

// carryOver is a part of Run: it moves the mails of an earlier version at the start. Each sweep
// moves those that instances of that version have left since.
func (a *Accounts) carryOver(ctx context.Context) error {
	if err := a.outbox.CarryOver(ctx); err != nil && ctx.Err() == nil {
		a.config.Logger.WarnContext(ctx, "accounts: mails of an earlier version were not moved, which the next sweep tries again", "error", err)
	}
	return nil
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
	if err := a.outbox.CarryOver(ctx); err != nil {
		return false, err
	}
	return data.Sweep(ctx, a.db, until)
}

// RotateMasterKey seals again, with the first of [Config.MasterKeys], the long-lived secrets in the
// database: those of authenticator apps, the keys that sign tokens, and the arguments of secret
// jobs that may still run. It returns how many there were. Secrets that none of the keys opens stay as they are and are reported by the
// error. Everything else is sealed. RotateMasterKey may run beside instances that serve, once all of
// them have the new key in front. It can be run again after an interruption.
//
// To change a master key, do each step on every instance before the next one. Put the new key
// behind the old one, so that all instances can read with it. Put it in front. Run RotateMasterKey, or
// the command rotate-master-key of [App.Main]. Remove the old key a day later, when logins in
// progress are done. Sessions that were not refreshed since the new key was in front end then,
// and so do those of older cookies: with [Config.Cookies] keep the old key for SessionLife.
// [Limits] are counted from zero with a new key in front, and separately for each key while
// instances differ.
//
// [App.Main]: https://pkg.go.dev/github.com/seed-7694ebf6/plinth#App.Main
func (a *Accounts) RotateMasterKey(ctx context.Context) (n int, err error) {
	n, lost, errKeys := data.ReencryptKeys(ctx, a.db, a.keys.Reencrypt)
	apps, lostApps, errApps := data.ReencryptApps(ctx, a.db, a.keys.Reencrypt)
	waiting, errJobs := a.jobs.Reencrypt(ctx)
	return n + apps + waiting, errors.Join(errKeys, errLost(lost, "signing keys"), errApps, errLost(lostApps, "authenticator apps"), errJobs)
}

// errLost reports secrets that none of the keys has encrypted.
func errLost(n int, what string) error {
	if n == 0 {
		return nil
	}
	return fmt.Errorf("accounts: %d %s cannot be decrypted with any of the MasterKeys: keep the key that they were encrypted with", n, what)
}

//go:embed migrations
var migrationFiles embed.FS

// Migrations returns the migrations of the package's own tables, for
// [migrate.New] and plinth.App.
func Migrations() migrate.Source {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // of a name only
	}
	return migrate.Source{Line: "auth", FS: files}
}
