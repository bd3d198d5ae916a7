package data

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// FactorsOf returns the factors of a user, oldest first.
func FactorsOf(ctx context.Context, s store.Session, id store.ID) ([]*Factor, error) {
	q := oldestFirst
	q.Where = store.Eq("user_id", id)
	return store.For[Factor](s).List(ctx, q)
}

// FactorOf returns one factor of a user.
func FactorOf(ctx context.Context, s store.Session, id store.ID, text string) (*Factor, error) {
	key, err := store.ParseID(text)
	if err != nil {
		return nil, &problem.Error{Code: problem.AuthMFAFactorNotFound}
	}
	f, err := store.For[Factor](s).First(ctx, store.Query{Where: store.And(store.Eq("id", key), store.Eq("user_id", id))})
	if errors.Is(err, store.ErrNotFound) {
		return nil, &problem.Error{Code: problem.AuthMFAFactorNotFound}
	}
	return f, err
}

// Verified counts the factors that a user can be asked for.
func Verified(factors []*Factor) (n int) {
	for _, f := range factors {
		if f.Status == FactorVerified {
			n++
		}
	}
	return n
}

// Handle is the user's id for passkeys. Only the user sees it.
func (u *User) Handle() []byte { return u.ID[:] }

// Credentials are those of the passkeys among factors.
func Credentials(factors []*Factor) (out [][]byte) {
	for _, f := range factors {
		if f.CredentialID != nil {
			out = append(out, []byte(f.Credential))
		}
	}
	return out
}
