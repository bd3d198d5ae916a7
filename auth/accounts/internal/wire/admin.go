package wire

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

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

// adminChangeRole answers PUT /admin/roles/{name}: the role is what the body says.
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

// sendRights answers with the roles of a user and what comes with them.
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

// adminAuditRoutes show what has happened. They are of this library only.
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

// adminAudit answers GET /admin/audit, the youngest first: of one user with user_id, of
// one kind with kind. Lines are written all the time, so a page does not have a
// number: it begins behind the id that before names.
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
