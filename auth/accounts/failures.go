package accounts

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// failures is how much of one budget is spent: wrong guesses, and those under way.
// Names are hashed with a key, since people type passwords where names belong.
type failures struct {
	bun.BaseModel `bun:"table:auth_failures"`
	store.Untracked
	Key       string    `bun:",pk"`
	Count     int64     `bun:",notnull"`
	Since     time.Time `bun:",notnull"` // when counting began
	ExpiresAt time.Time `bun:",notnull"` // from when on nothing is spent
}

var failuresCount = store.Number(func(f *failures) *int64 { return &f.Count })

// bound is the highest count in a time, without an end if the count is negative.
type bound struct {
	Count int
	Per   time.Duration
}

// bounds are the bounds of all budgets.
type bounds struct {
	Guesses, AddressGuesses           bound
	AccountGuesses                    int
	Requests                          bound
	Mails, NumberSMS, AddressSMS, SMS bound
}

// budget is a bound on something.
type budget struct {
	key   string
	limit bound
}

// budget returns the budget of a kind and a name.
func (a *Accounts) budget(kind, name string, limit bound) budget {
	sum := a.keys.hashName("budget " + kind + " " + name)
	return budget{key: kind + " " + base64.RawURLEncoding.EncodeToString(sum[:18]), limit: limit}
}

// overLimit is the error for a spent budget.
func overLimit(wait time.Duration) error {
	return &problem.Error{Code: problem.AuthOverLimit, RetryAfter: max(wait, time.Second)}
}

// spending are budgets to be drawn on together: all of them or, where one is spent,
// none.
type spending []budget

// bounded are those that can be spent.
func (all spending) bounded() spending {
	return slices.DeleteFunc(slices.Clone(all), func(b budget) bool { return b.limit.Count < 0 })
}

// keys are those of the rows.
func (all spending) keys() []string {
	out := make([]string, len(all))
	for i, b := range all {
		out[i] = b.key
	}
	return out
}

// room selects the budgets that are drawn on already and not spent.
func (all spending) room(now time.Time) store.Cond {
	each := make([]store.Cond, len(all))
	for i, b := range all {
		each[i] = store.And(store.Eq("key", b.key), failuresCount.Lt(int64(b.limit.Count)), store.Compare("expires_at", store.OpGt, now))
	}
	return store.Or(each...)
}

// spend adds one to each budget. full is the first spent one, or nil. If all rows exist and
// have room, one statement checks and counts them, so concurrent requests get no more.
func (a *Accounts) spend(ctx context.Context, all spending) (full *failures, err error) {
	if all = all.bounded(); len(all) == 0 {
		return nil, nil
	}
	counted, err := store.For[failures](a.db).PatchExactly(ctx, len(all), all.room(a.now()), failuresCount.Add(1))
	if err != nil || len(counted) > 0 {
		return nil, err
	}
	return a.spendEach(ctx, all)
}

// spendEach is spend where a budget is spent, over, or drawn on for the first time. One
// conditional UPDATE a budget decides.
func (a *Accounts) spendEach(ctx context.Context, all spending) (full *failures, err error) {
	for range 20 {
		full = nil
		// Each statement judges the newest row, and locks it until the commit. All
		// lock in one order.
		err = a.db.TxWith(ctx, store.TxOptions{Isolation: sql.LevelReadCommitted}, func(ctx context.Context, tx *store.Tx) error {
			for _, b := range all {
				var err error
				if full, err = a.spendOne(ctx, tx, b); err != nil {
					return err
				}
			}
			return nil
		})
		if !errors.Is(err, errBegun) && !isTaken(err) {
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

func (a *Accounts) spendOne(ctx context.Context, tx *store.Tx, b budget) (full *failures, err error) {
	now, rows, which := a.now(), store.For[failures](tx), store.Eq("key", b.key)
	n, err := rows.PatchWhere(ctx, spending{b}.room(now), failuresCount.Add(1))
	if err != nil || n == 1 {
		return nil, err
	}
	n, err = rows.PatchWhere(ctx, store.And(which, store.Compare("expires_at", store.OpLte, now)),
		failuresCount.To(1), store.SetTo("since", now), store.SetTo("expires_at", now.Add(b.limit.Per)))
	if err != nil || n == 1 {
		return nil, err
	}
	full, err = rows.Get(ctx, b.key)
	switch {
	case err == nil && (full.Count < int64(b.limit.Count) || !full.ExpiresAt.After(now)):
		return nil, errBegun
	case err == nil:
		return full, errSpent
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	return nil, rows.Insert(ctx, &failures{Key: b.key, Count: 1, Since: now, ExpiresAt: now.Add(b.limit.Per)})
}

// giveBack takes back what was counted at a time on each budget. alone reports whether
// nothing else was counted on the one that is last.
func (a *Accounts) giveBack(ctx context.Context, all spending, at time.Time) (alone bool, err error) {
	if all = all.bounded(); len(all) == 0 {
		return true, nil
	}
	rows, last := store.For[failures](a.db), len(all)-1
	// Where counting has begun anew since, it was not counted.
	counted := store.And(failuresCount.Gt(0), store.Compare("since", store.OpLte, at))
	left, err := rows.PatchExactly(ctx, len(all), store.And(store.In("key", all.keys()), counted), failuresCount.Add(-1))
	if err != nil {
		return false, err
	}
	for _, f := range left {
		if f.Key == all[last].key {
			return f.Count == 0, nil
		}
	}
	// Not all are there any more. It is no transaction: a budget that keeps one too many
	// is the lesser evil.
	_, others := rows.PatchWhere(ctx, store.And(store.In("key", all[:last].keys()), counted), failuresCount.Add(-1))
	which := store.And(store.Eq("key", all[last].key), counted)
	n, err := rows.PatchWhere(ctx, store.And(which, failuresCount.Eq(1)), failuresCount.To(0))
	if err == nil && n == 0 {
		_, err = rows.PatchWhere(ctx, which, failuresCount.Add(-1))
	}
	return n == 1, errors.Join(others, err)
}
