package data

import (
	"context"
	"errors"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/store"
)

// RoleNamed finds the role with a name.
func RoleNamed(ctx context.Context, s store.Session, name string) (*Role, error) {
	r, err := store.For[Role](s).Get(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fail.ErrRoleUnknown
	}
	return r, err
}
