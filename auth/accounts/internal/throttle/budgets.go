// Package throttle bounds guesses of secrets, mails and messages, and what unauthenticated
// clients can request.
package throttle

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// Config is what a Throttle needs, see accounts.Config.
type Config struct {
	DB           *store.DB
	Keys         *seal.Keyring
	Now          func() time.Time
	Limits       Limits
	MailInterval time.Duration
}

// Throttle holds the budgets of all accounts and clients. Make one with [New].
type Throttle struct {
	Config
	Tries   Slots
	Opening Slots // bounds the sessions that are being opened after an attempt
}

// New returns a throttle. Its slots follow those of the hashes.
func New(cfg Config, hashes password.Config) *Throttle {
	return &Throttle{cfg, newSlots(hashes), newOpening(hashes)}
}

// BegunPerRequest is the factor for requests that store little, such as logins at providers,
// which a whole office may begin from one IP address.
const BegunPerRequest = 10

// The times of AccountGuesses.
const (
	AccountForgets = 24 * time.Hour      // without a wrong guess
	accountCloses  = 30 * 24 * time.Hour // to unknown IP addresses
	accountKnows   = 30 * 24 * time.Hour // an address
)

// OverSMSLimit is the error for too many requests for text messages.
func OverSMSLimit(wait time.Duration) error {
	return &problem.Error{Code: problem.AuthOverSMSLimit, RetryAfter: max(wait, time.Second)}
}

// Limit is the highest count in a time, without an end if the count is negative.
type Limit struct {
	Count int
	Per   time.Duration
}

// Limits are the bounds of all budgets.
type Limits struct {
	Guesses, AddressGuesses           Limit
	AccountGuesses                    int
	Requests                          Limit
	Mails, NumberSMS, AddressSMS, SMS Limit
}

// budget is a bound on something.
type budget struct {
	Key   string
	limit Limit
}

// Budget returns the budget of a kind and a name.
func (th *Throttle) Budget(kind, name string, limit Limit) budget {
	sum := th.Keys.HashName("budget " + kind + " " + name)
	return budget{Key: kind + " " + base64.RawURLEncoding.EncodeToString(sum[:18]), limit: limit}
}

// OverLimit is the error for a spent budget.
func OverLimit(wait time.Duration) error {
	return &problem.Error{Code: problem.AuthOverLimit, RetryAfter: max(wait, time.Second)}
}

// Spending are budgets to be drawn on together: all of them or, where one is spent,
// none.
type Spending []budget

// bounded are those that can be spent.
func (all Spending) bounded() Spending {
	return slices.DeleteFunc(slices.Clone(all), func(b budget) bool { return b.limit.Count < 0 })
}

// keys are those of the rows.
func (all Spending) keys() []string {
	out := make([]string, len(all))
	for i, b := range all {
		out[i] = b.Key
	}
	return out
}

// room selects the budgets that are drawn on already and not spent.
func (all Spending) room(now time.Time) store.Cond {
	each := make([]store.Cond, len(all))
	for i, b := range all {
		each[i] = data.Room(b.Key, int64(b.limit.Count), now)
	}
	return store.Or(each...)
}

// Spend adds one to each budget. full is the first spent one, or nil. If all rows exist and
// have room, one statement checks and counts them, so concurrent requests get no more.
func (th *Throttle) Spend(ctx context.Context, all Spending) (full *data.Failures, err error) {
	if all = all.bounded(); len(all) == 0 {
		return nil, nil
	}
	if counted, err := data.Spend(ctx, th.DB, len(all), all.room(th.Now())); err != nil || counted {
		return nil, err
	}
	return th.spendEach(ctx, all)
}

// spendEach is spend where a budget is spent, over, or drawn on for the first time. One
// conditional UPDATE a budget decides.
func (th *Throttle) spendEach(ctx context.Context, all Spending) (full *data.Failures, err error) {
	for range 20 {
		full = nil
		// Each statement judges the newest row, and locks it until the commit. All
		// lock in one order.
		err = th.DB.TxWith(ctx, store.TxOptions{Isolation: sql.LevelReadCommitted}, func(ctx context.Context, tx *store.Tx) error {
			for _, b := range all {
				var err error
				if full, err = th.spendOne(ctx, tx, b); err != nil {
					return err
				}
			}
			return nil
		})
		if !errors.Is(err, errBegun) && !data.IsTaken(err) {
			break // else another has begun to count at the same time
		}
	}
	if errors.Is(err, errSpent) {
		return full, nil
	}
	return nil, err
}

// errSpent undoes a transaction that has met a budget that is spent.
var errSpent = errors.New("accounts: a budget is spent")

// errBegun undoes one that has found a row where there was none a moment before, or
// one that has room by now.
var errBegun = errors.New("accounts: a concurrent request has changed a budget")

func (th *Throttle) spendOne(ctx context.Context, tx *store.Tx, b budget) (full *data.Failures, err error) {
	now := th.Now()
	if counted, err := data.SpendOne(ctx, tx, Spending{b}.room(now)); err != nil || counted {
		return nil, err
	}
	if begun, err := data.BeginBudget(ctx, tx, b.Key, now, now.Add(b.limit.Per)); err != nil || begun {
		return nil, err
	}
	full, err = data.GetBudget(ctx, tx, b.Key)
	switch {
	case err == nil && (full.Count < int64(b.limit.Count) || !full.ExpiresAt.After(now)):
		return nil, errBegun
	case err == nil:
		return full, errSpent
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	return nil, data.Insert(ctx, tx, &data.Failures{Key: b.Key, Count: 1, Since: now, ExpiresAt: now.Add(b.limit.Per)})
}

// GiveBack takes back what was counted at a time on each budget. alone reports whether
// nothing else was counted on the one that is last.
func (th *Throttle) GiveBack(ctx context.Context, all Spending, at time.Time) (alone bool, err error) {
	if all = all.bounded(); len(all) == 0 {
		return true, nil
	}
	last := len(all) - 1
	// Where counting has begun anew since, it was not counted.
	left, err := data.Return(ctx, th.DB, all.keys(), at)
	if err != nil {
		return false, err
	}
	for _, f := range left {
		if f.Key == all[last].Key {
			return f.Count == 0, nil
		}
	}
	// Not all are there any more. It is no transaction: a budget that keeps one too many
	// is the lesser evil.
	others := data.ReturnSome(ctx, th.DB, all[:last].keys(), at)
	alone, err = data.ReturnOne(ctx, th.DB, all[last].Key, at)
	return alone, errors.Join(others, err)
}

// MailTurn counts a message to a contact, unless the contact has to wait for it. See
// MailTurnOf.
func (th *Throttle) MailTurn(ctx context.Context, tx *store.Tx, kind data.CodeKind, at data.Contact) (wait time.Duration, err error) {
	if at.Phone != "" {
		return th.interval(ctx, tx, data.CodeSMS, at.Phone)
	}
	return th.MailTurnOf(ctx, tx, kind, at.Text())
}

// MailTurnOf counts a mail to an e-mail address, unless one of the same kind is younger
// than Config.MailInterval or Limits.Mails is spent. Then it returns how long to wait.
// Addresses without an account are counted in the same way, so that they are answered alike.
func (th *Throttle) MailTurnOf(ctx context.Context, tx *store.Tx, kind data.CodeKind, email string) (wait time.Duration, err error) {
	if wait, err = th.interval(ctx, tx, kind, email); err != nil || wait > 0 || th.Limits.Mails.Count < 0 {
		return wait, err
	}
	var full *data.Failures
	err = tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		full, err = th.spendOne(ctx, tx, th.Budget("mails", email, th.Limits.Mails))
		return err
	})
	switch {
	case errors.Is(err, errSpent):
		return max(full.ExpiresAt.Sub(th.Now()), time.Second), nil
	case errors.Is(err, errBegun) || data.IsTaken(err):
		return time.Second, nil // a concurrent request was faster
	}
	return 0, err
}

// interval returns how long to wait for the next message of a kind, and 0 where it may be
// sent now. That is recorded.
func (th *Throttle) interval(ctx context.Context, tx *store.Tx, kind data.CodeKind, to string) (wait time.Duration, err error) {
	wait = th.MailInterval
	if wait < 0 {
		return 0, nil
	}
	now := th.Now()
	sum := th.Keys.HashName("mail " + string(kind) + " " + to)
	subject := hex.EncodeToString(sum[:])
	recorded, known, err := data.RecordMail(ctx, tx, subject, now.Add(-wait), now)
	switch {
	case err != nil || recorded:
		return 0, err
	case known:
		return wait, nil
	}
	err = tx.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return data.Insert(ctx, tx, &data.MailTime{Subject: subject, SentAt: now})
	})
	if data.IsTaken(err) {
		return wait, nil // a concurrent request was faster
	}
	return 0, err
}

// OverMailLimit is the error for a contact that has to wait for its next message.
func OverMailLimit(at data.Contact, wait time.Duration) error {
	if at.Phone != "" {
		return OverSMSLimit(wait)
	}
	return &problem.Error{Code: problem.AuthOverEmailLimit, RetryAfter: wait}
}
