package wire

import (
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
