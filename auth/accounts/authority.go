package accounts

import (
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/store"
)

// authority returns the authority of an admin's request. Secret keys may do everything. Users
// with the permission may grant their own rights, and change accounts without further rights.
// Otherwise managing accounts would grant every right.
func (x *exchange) authority() (role.Authority, error) {
	p, err := x.admin()
	if err != nil {
		return role.Authority{}, err
	}
	by := role.Authority{Actor: p.String(), From: x.device()}
	if p.Kind != auth.Service {
		by.Limits = &p
	}
	return by, nil
}

// byAdmin wraps a handler of an admin's request.
func byAdmin(serve func(*exchange, role.Authority) error) func(*exchange) error {
	return func(x *exchange) error {
		by, err := x.authority()
		if err != nil {
			return err
		}
		return serve(x, by)
	}
}

// byAdminOf wraps a handler of an admin's request about the user in the path.
func byAdminOf(serve func(x *exchange, by role.Authority, id store.ID) error) func(*exchange) error {
	return byAdmin(func(x *exchange, by role.Authority) error {
		id, err := x.id("id")
		if err != nil {
			return err
		}
		return serve(x, by, id)
	})
}
