package wire

import (
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/store"
)

// byAdmin wraps a handler of an admin's request.
func byAdmin[F family](serve func(F, role.Authority) error) func(*request) error {
	return func(x *request) error {
		by, err := x.authority()
		if err != nil {
			return err
		}
		return serve(F{x}, by)
	}
}

// byAdminOf wraps a handler of an admin's request about the user in the path.
func byAdminOf[F family](serve func(x F, by role.Authority, id store.ID) error) func(*request) error {
	return func(x *request) error {
		by, err := x.authority()
		if err != nil {
			return err
		}
		id, err := x.id("id")
		if err != nil {
			return err
		}
		return serve(F{x}, by, id)
	}
}
