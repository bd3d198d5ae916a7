package wire

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/throttle"
	"github.com/seed-7694ebf6/plinth/store"
)

// forgive begins the count of an account anew after its user has logged in with
// everything it asks for. Who has the password only could otherwise guess at the
// second factor without end, by logging in between.
func (x budgetHandler) forgive(ctx context.Context, g *throttle.Guess) error {
	if spent, err := data.IsSpent(ctx, x.DB, g.Account.Key); err != nil || !spent {
		return err
	}
	id, err := x.Throttle.Named(ctx, g.Subject)
	if err != nil {
		return err
	}
	second, err := data.HasSecondFactor(ctx, x.DB, id)
	if err != nil {
		return err
	}
	if second {
		if full, err := x.hasFullSession(ctx, id); err != nil || !full {
			return err
		}
	}
	return data.DropBudgets(ctx, x.DB, g.Account.Key, g.Pair.Key, x.Throttle.SentBudget(g).Key)
}

// hasFullSession reports whether the request has a session of the user with a second factor. A
// session of another user proves nothing.
func (x budgetHandler) hasFullSession(ctx context.Context, owner store.ID) (bool, error) {
	p, err := x.principal()
	if err != nil {
		return false, nil // it is no such session
	}
	id, err := store.ParseID(p.Session)
	if err != nil {
		return false, nil // it is no such session
	}
	s, err := data.GetSession(ctx, x.DB, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && s.UserID == owner && s.AAL > 1, err
}
