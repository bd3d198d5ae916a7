package wire

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

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

// adminListUsers answers GET /admin/users, newest first.
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

// adminRoleRoutes manage roles and grants. GoTrue does not have them.
var adminRoleRoutes = []route{
	{http.MethodGet, "admin/roles", byAdmin(adminHandler.adminListRoles)},
	{http.MethodPost, "admin/roles", byAdmin(adminHandler.adminCreateRole)},
	{http.MethodGet, "admin/roles/{name}", byAdmin(adminHandler.adminGetRole)},
	{http.MethodPut, "admin/roles/{name}", byAdmin(adminHandler.adminChangeRole)},
	{http.MethodDelete, "admin/roles/{name}", byAdmin(adminHandler.adminDeleteRole)},
	{http.MethodGet, "admin/users/{id}/roles", byAdminOf(adminHandler.adminGetRoles)},
	{http.MethodPut, "admin/users/{id}/roles", byAdminOf(adminHandler.adminSetRoles)},
}

// RoleView is a role as clients see it.
type RoleView struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Permissions json.RawMessage `json:"permissions"`
	CreatedAt   time.Time       `json:"created_at"`
	UpdatedAt   time.Time       `json:"updated_at"`
}

func viewRole(r *data.Role) RoleView {
	return RoleView{r.Name, r.Description, json.RawMessage(r.Permissions), r.CreatedAt, r.UpdatedAt}
}

// adminListRoles answers GET /admin/roles, by name.
func (x adminHandler) adminListRoles(_ role.Authority) error {
	p, err := x.paging()
	if err != nil {
		return err
	}
	found, total, err := data.ListRoles(x.r.Context(), x.DB, p)
	if err != nil {
		return err
	}
	views := make([]RoleView, len(found))
	for i, r := range found {
		views[i] = viewRole(r)
	}
	x.paginate("admin/roles", p, total, "", "")
	return x.send(http.StatusOK, map[string]any{"roles": views})
}

// adminCreateRole answers POST /admin/roles.
func (x adminHandler) adminCreateRole(by role.Authority) error { return x.saveRole(by, "") }

// adminChangeRole answers PUT /admin/roles/{name}: it replaces the role.
func (x adminHandler) adminChangeRole(by role.Authority) error {
	return x.saveRole(by, x.params["name"])
}

// saveRole makes a role, or changes the one with a name.
func (x adminHandler) saveRole(by role.Authority, name string) error {
	body, err := x.body()
	if err != nil {
		return err
	}
	in, err := body.texts("name", "description")
	if err != nil {
		return err
	}
	listed, err := body.list("permissions")
	if err != nil {
		return err
	}
	if name != "" && in["name"] != "" && in["name"] != name {
		return fail.New(problem.AuthValidation, "the name of a role does not change")
	}
	want, mode := role.Definition{Name: in["name"], Description: in["description"]}, role.Create
	if name != "" {
		want.Name, mode = name, role.Change
	}
	if listed != nil {
		want.Permissions = *listed
	}
	if err := x.Roles.SaveRole(x.r.Context(), by, want, mode); err != nil {
		return err
	}
	return x.sendRole(want.Name)
}

// adminGetRole answers GET /admin/roles/{name}.
func (x adminHandler) adminGetRole(_ role.Authority) error {
	return x.sendRole(x.params["name"])
}

func (x adminHandler) sendRole(name string) error {
	r, err := data.RoleNamed(x.r.Context(), x.DB, name)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, viewRole(r))
}

// adminDeleteRole answers DELETE /admin/roles/{name}. All users lose the role.
func (x adminHandler) adminDeleteRole(by role.Authority) error {
	if err := x.Roles.DeleteRole(x.r.Context(), by, x.params["name"]); err != nil {
		return err
	}
	return x.send(http.StatusOK, struct{}{})
}

// adminGetRoles answers GET /admin/users/{id}/roles.
func (x adminHandler) adminGetRoles(_ role.Authority, id store.ID) error {
	return x.sendRights(id)
}

// adminSetRoles answers PUT /admin/users/{id}/roles: the user has the roles that the
// body names, and no others.
func (x adminHandler) adminSetRoles(by role.Authority, id store.ID) error {
	body, err := x.body()
	if err != nil {
		return err
	}
	names, err := body.list("roles")
	if err != nil {
		return err
	}
	if names == nil {
		return fail.New(problem.AuthValidation, "roles must be a list of strings")
	}
	err = x.DB.Tx(x.r.Context(), func(ctx context.Context, tx *store.Tx) error { return x.Roles.GiveRoles(ctx, tx, by, id, *names) })
	if err != nil {
		return err
	}
	return x.sendRights(id)
}

// sendRights answers with the roles of a user and their permissions.
func (x adminHandler) sendRights(id store.ID) error {
	if _, err := data.UserByID(x.r.Context(), x.DB, id); err != nil {
		return err
	}
	g, err := data.RightsOf(x.r.Context(), x.DB, id)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, map[string]any{"roles": data.NonNil(g.Roles), "permissions": data.NonNil(g.Permissions)})
}

// adminAuditRoutes show the audit log. GoTrue does not have them.
var adminAuditRoutes = []route{
	{http.MethodGet, "admin/audit", byAdmin(adminHandler.adminAudit)},
}

// EventView is a line of the audit log as clients see it.
type EventView struct {
	ID        store.ID        `json:"id"`
	At        time.Time       `json:"at"`
	Kind      string          `json:"kind"`
	UserID    *store.ID       `json:"user_id"`
	SessionID *store.ID       `json:"session_id"`
	Actor     string          `json:"actor"`
	Address   string          `json:"address"`
	UserAgent string          `json:"user_agent"`
	Details   json.RawMessage `json:"details"`
}

// adminAudit answers GET /admin/audit, newest first. user_id and kind filter the lines. Pages
// have no numbers, because lines are added all the time: a page begins after the id in
// before.
func (x adminHandler) adminAudit(_ role.Authority) error {
	p, err := x.paging()
	if err != nil {
		return err
	}
	q := x.r.URL.Query()
	var which data.EventQuery
	again := url.Values{"per_page": {strconv.Itoa(p.Size)}}
	for name, into := range map[string]**store.ID{"user_id": &which.User, "before": &which.Before} {
		if text := q.Get(name); text != "" {
			id, err := store.ParseID(text)
			if err != nil {
				return fail.New(problem.AuthValidation, "%s must be a UUID", name)
			}
			*into = &id
			again.Set(name, id.String())
		}
	}
	if kind := q.Get("kind"); kind != "" {
		if err := role.CheckName("kind", kind); err != nil {
			return err
		}
		which.Kind = kind
		again.Set("kind", kind)
	}
	more := p.Size + 1
	events, err := data.ListEvents(x.r.Context(), x.DB, which, more)
	if err != nil {
		return err
	}
	if len(events) == more {
		events = events[:p.Size]
		again.Set("before", events[p.Size-1].ID.String())
		x.w.Header().Set("Link", "<"+strings.TrimSuffix(x.PublicURL, "/")+"/admin/audit?"+again.Encode()+`>; rel="next"`)
	}
	views := make([]EventView, len(events))
	for i, e := range events {
		views[i] = EventView{e.ID, e.At, e.Kind, e.UserID, e.SessionID, e.Actor, e.Address, e.UserAgent, json.RawMessage(e.Details)}
	}
	return x.send(http.StatusOK, map[string]any{"events": views})
}
