package wire

import (
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// deviceRoutes tell a user where they are logged in, and let them end it.
var deviceRoutes = []route{
	{http.MethodGet, "user/sessions", byUser(sessionHandler.listSessions)},
	{http.MethodDelete, "user/sessions/{id}", byUser(sessionHandler.deleteSession)},
}

// maxSessionsListed bounds the list of a user's sessions, newest first.
const maxSessionsListed = 100

// DeviceView is a session as its user sees it.
type DeviceView struct {
	ID          store.ID  `json:"id"`
	CreatedAt   time.Time `json:"created_at"`
	RefreshedAt time.Time `json:"refreshed_at"`
	ExpiresAt   time.Time `json:"expires_at"`
	UserAgent   string    `json:"user_agent"`
	Address     string    `json:"address"`
	AAL         string    `json:"aal"`
	Current     bool      `json:"current"` // it is the request's own
}

// listSessions answers GET /user/sessions.
func (x sessionHandler) listSessions(u *data.User, own *data.Session) error {
	sessions, err := data.ListSessions(x.r.Context(), x.DB, u.ID, x.Sessions.Alive(), maxSessionsListed)
	if err != nil {
		return err
	}
	views := make([]DeviceView, len(sessions))
	for i, s := range sessions {
		views[i] = DeviceView{s.ID, s.CreatedAt, s.RefreshedAt, s.ExpiresAt, s.UserAgent, s.Address, "aal1", s.ID == own.ID}
		if s.AAL > 1 {
			views[i].AAL = "aal2"
		}
	}
	return x.send(http.StatusOK, map[string]any{"sessions": views})
}

// deleteSession answers DELETE /user/sessions/{id}: it signs out one session of the
// caller's.
func (x sessionHandler) deleteSession(u *data.User, _ *data.Session) error {
	id, err := store.ParseID(x.params["id"])
	if err != nil {
		return &problem.Error{Code: problem.AuthNotFound}
	}
	which := data.OwnSession(u.ID, id)
	n, err := data.CountSessions(x.r.Context(), x.DB, which)
	if err != nil {
		return err
	}
	if n == 0 {
		return &problem.Error{Code: problem.AuthNotFound}
	}
	if err := x.Sessions.End(x.r.Context(), which, session.EndedBySignOut); err != nil {
		return err
	}
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}
