package accounts

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
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

// budget is a bound on something.
type budget struct {
	key     string
	limit   Limit
	sliding bool // the time begins anew with each
}

// budget returns the budget of a kind and a name.
func (a *Accounts) budget(kind, name string, limit Limit) budget {
	sum := a.keys.hashName("budget " + kind + " " + name)
	return budget{key: kind + " " + base64.RawURLEncoding.EncodeToString(sum[:18]), limit: limit}
}

// overLimit is the answer to who has spent a budget.
func overLimit(wait time.Duration) error {
	return &problem.Error{Code: problem.AuthOverLimit, RetryAfter: max(wait, time.Second)}
}

// spending are budgets to be drawn on together: all of them or, where one is spent,
// none.
type spending []budget

// spend counts one more on each budget. full is the first that is spent, or nil. One
// conditional UPDATE a budget decides, so that nobody gets more by coming many times
// at once.
func (a *Accounts) spend(ctx context.Context, all spending) (full *failures, err error) {
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
var errBegun = errors.New("accounts: a budget was drawn on at the same time")

func (a *Accounts) spendOne(ctx context.Context, tx *store.Tx, b budget) (full *failures, err error) {
	if b.limit.Count < 0 {
		return nil, nil
	}
	now, rows, which := a.now(), store.For[failures](tx), store.Eq("key", b.key)
	more := []store.Set{failuresCount.Add(1)}
	if b.sliding {
		more = append(more, store.SetTo("expires_at", now.Add(b.limit.Per)))
	}
	n, err := rows.PatchWhere(ctx, store.And(which, failuresCount.Lt(int64(b.limit.Count)), store.Compare("expires_at", store.OpGt, now)), more...)
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
// nothing else was counted on the one that is last. It is no transaction: a budget that
// keeps one too many is the lesser evil.
func (a *Accounts) giveBack(ctx context.Context, all spending, at time.Time) (alone bool, err error) {
	rows := store.For[failures](a.db)
	// Where counting has begun anew since, it was not counted.
	counted := store.And(failuresCount.Gt(0), store.Compare("since", store.OpLte, at))
	last := len(all) - 1
	keys := make([]string, last)
	for i, b := range all[:last] {
		keys[i] = b.key
	}
	_, others := rows.PatchWhere(ctx, store.And(store.In("key", keys), counted), failuresCount.Add(-1))
	which := store.And(store.Eq("key", all[last].key), counted)
	n, err := rows.PatchWhere(ctx, store.And(which, failuresCount.Eq(1)), failuresCount.To(0))
	if err == nil && n == 0 {
		_, err = rows.PatchWhere(ctx, which, failuresCount.Add(-1))
	}
	return n == 1, errors.Join(others, err)
}
