package wire

import (
	"context"
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// adminUserRoutes manage accounts.
var adminUserRoutes = []route{
	{http.MethodGet, "admin/users", byAdmin(adminHandler.adminListUsers)},
	{http.MethodPost, "admin/users", byAdmin(adminHandler.adminCreateUser)},
	{http.MethodGet, "admin/users/{id}", byAdminOf(adminHandler.adminGetUser)},
	{http.MethodPut, "admin/users/{id}", byAdminOf(adminHandler.adminChangeUser)},
	{http.MethodDelete, "admin/users/{id}", byAdminOf(adminHandler.adminDeleteUser)},
	{http.MethodPost, "admin/users/{id}/logout", byAdminOf(adminHandler.adminEndSessions)},
	{http.MethodGet, "admin/users/{id}/factors", byAdminOf(adminHandler.adminListFactors)},
	{http.MethodDelete, "admin/users/{id}/factors/{factor}", byAdminOf(adminHandler.adminDeleteFactor)},
}

// adminListUsers answers GET /admin/users, the youngest first.
func (x adminHandler) adminListUsers(_ role.Authority) error {
	p, err := x.paging()
	if err != nil {
		return err
	}
	ctx, filter := x.r.Context(), x.r.URL.Query().Get("filter")
	if len(filter) > data.MaxEmail {
		return fail.New(problem.AuthValidation, "filter must have %d bytes at most", data.MaxEmail)
	}
	users, total, err := data.ListUsers(ctx, x.DB, filter, p)
	if err != nil {
		return err
	}
	views, err := x.views(users)
	if err != nil {
		return err
	}
	x.paginate("admin/users", p, total, "filter", filter)
	return x.send(http.StatusOK, map[string]any{"users": views, "aud": data.Audience})
}

// adminCreateUser answers POST /admin/users.
func (x adminHandler) adminCreateUser(by role.Authority) error {
	c, err := x.readChange()
	if err != nil {
		return err
	}
	u, err := x.SignUps.CreateBy(x.r.Context(), by, c)
	if err != nil {
		return fail.Weak(err)
	}
	return x.sendUser(u.ID)
}

// adminGetUser answers GET /admin/users/{id}.
func (x adminHandler) adminGetUser(_ role.Authority, id store.ID) error {
	return x.sendUser(id)
}

// adminChangeUser answers PUT /admin/users/{id}.
func (x adminHandler) adminChangeUser(by role.Authority, id store.ID) error {
	c, err := x.readChange()
	if err != nil {
		return err
	}
	if c.ID != nil && *c.ID != id {
		return fail.New(problem.AuthValidation, "the id of a user does not change")
	}
	if err := x.Changes.ChangeBy(x.r.Context(), by, id, c); err != nil {
		return fail.Weak(err)
	}
	return x.sendUser(id)
}

// adminDeleteUser answers DELETE /admin/users/{id}.
func (x adminHandler) adminDeleteUser(by role.Authority, id store.ID) error {
	body, err := x.body()
	if err != nil {
		return err
	}
	keep, err := body.flag("should_soft_delete", false)
	if err != nil {
		return err
	}
	if err := x.Changes.DeleteBy(x.r.Context(), by, id, keep); err != nil {
		return err
	}
	return x.send(http.StatusOK, struct{}{})
}

// adminEndSessions answers POST /admin/users/{id}/logout: it ends all sessions of a
// user.
func (x adminHandler) adminEndSessions(by role.Authority, id store.ID) error {
	if err := x.Roles.SignOutBy(x.r.Context(), by, id); err != nil {
		return err
	}
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}

// adminListFactors answers GET /admin/users/{id}/factors.
func (x adminHandler) adminListFactors(_ role.Authority, id store.ID) error {
	if _, err := data.UserByID(x.r.Context(), x.DB, id); err != nil {
		return err
	}
	factors, err := data.FactorsOf(x.r.Context(), x.DB, id)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, viewFactors(factors))
}

// adminDeleteFactor answers DELETE /admin/users/{id}/factors/{factor}.
func (x adminHandler) adminDeleteFactor(by role.Authority, id store.ID) error {
	var f *data.Factor
	err := x.DB.Tx(x.r.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		f, err = x.removeFactorBy(ctx, tx, by, id, x.params["factor"])
		return err
	})
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, viewFactor(f))
}

// removeFactorBy removes a factor of a user on behalf of an admin or the application.
func (h *Handler) removeFactorBy(ctx context.Context, tx *store.Tx, by role.Authority, id store.ID, which string) (*data.Factor, error) {
	u, err := data.UserByID(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := role.Over(ctx, tx, by, u); err != nil {
		return nil, err
	}
	f, err := data.FactorOf(ctx, tx, id, which)
	if err != nil {
		return nil, err
	}
	if err := h.Factors.RemoveFactor(ctx, tx, u, f, nil); err != nil {
		return nil, err
	}
	return f, h.Sessions.Record(ctx, tx, by.Event("user_changed", &id), map[string]any{"changed": []string{"factors"}})
}

// sendUser answers with an account as the database has it now.
func (x adminHandler) sendUser(id store.ID) error {
	u, err := data.UserByID(x.r.Context(), x.DB, id)
	if err != nil {
		return err
	}
	v, err := x.view(u)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, v)
}

// readChange reads the body of a request that makes or changes an account.
func (x adminHandler) readChange() (c account.Change, err error) {
	body, err := x.body()
	if err != nil {
		return c, err
	}
	in, err := body.texts("id", "email", "phone", "password", "password_hash", "role", "ban_duration")
	if err != nil {
		return c, err
	}
	c.Password, c.Hash, c.Role = in["password"], in["password_hash"], in["role"]
	if in["id"] != "" {
		id, err := store.ParseID(in["id"])
		if err != nil || id == (store.ID{}) {
			return c, fail.New(problem.AuthValidation, "id must be a UUID")
		}
		c.ID = &id
	}
	if err := c.ReadAddresses(in["email"], in["phone"]); err != nil {
		return c, err
	}
	if c.Role != "" {
		if err := role.CheckName("role", c.Role); err != nil {
			return c, err
		}
	}
	if c.Ban, err = account.ReadBan(in["ban_duration"]); err != nil {
		return c, err
	}
	for name, into := range map[string]*bool{"email_confirm": &c.ConfirmEmail, "phone_confirm": &c.ConfirmPhone} {
		if *into, err = body.flag(name, false); err != nil {
			return c, err
		}
	}
	for name, into := range map[string]*store.JSON{"app_metadata": &c.App, "user_metadata": &c.User} {
		if *into, err = body.metadata(name); err != nil {
			return c, err
		}
	}
	c.Roles, err = body.list("roles")
	return c, err
}
