package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"net/url"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// functions are what clients can call at /rest/v1/rpc.
type functions struct {
	app        *plinth.App
	dashboards *cache.Loader[store.ID, dashboard]
}

// createOrganisation makes the caller the owner of a new organisation.
func (f *functions) createOrganisation(ctx context.Context, tx *store.Tx, in struct {
	Name string `json:"name"`
},
) (*Organisation, error) {
	user, err := callerID(ctx)
	if err != nil {
		return nil, err
	}
	o := &Organisation{Name: in.Name}
	if err := store.For[Organisation](tx).Insert(ctx, o); err != nil {
		return nil, err
	}
	return o, store.For[Member](tx).Insert(ctx, &Member{OrganisationID: o.ID, UserID: user, Role: "owner"})
}

// invite keeps an invitation and sends its code by mail, both or neither.
func (f *functions) invite(ctx context.Context, tx *store.Tx, in struct {
	Organisation store.ID `json:"organisation_id"`
	Email        string   `json:"email"`
	Role         string   `json:"role"`
},
) (*Invitation, error) {
	if err := may(ctx, tx, api.CanUpdate, Organisation{Model: store.Model{ID: in.Organisation}}); err != nil {
		return nil, err
	}
	o, err := store.For[Organisation](tx).Get(ctx, in.Organisation)
	if err != nil {
		return nil, err
	}
	email, err := accounts.NormalizeEmail(in.Email)
	if err != nil {
		return nil, err
	}
	code := rand.Text()
	made := &Invitation{OrganisationID: o.ID, Email: email, Role: in.Role, CodeHash: hash(code), ExpiresAt: f.app.DB().Now().Add(7 * 24 * time.Hour)}
	if err := store.For[Invitation](tx).Insert(ctx, made); err != nil {
		return nil, err
	}
	_, err = f.app.Mail().Enqueue(ctx, tx, mail.Message{To: email, Template: "invitation", Values: map[string]string{
		"organisation": o.Name, "link": f.app.SiteURL() + "/#invitation=" + url.QueryEscape(code),
	}})
	return made, err
}

// accept makes the caller a member by the code of an invitation, which is used up. It raises
// the role of a member and never lowers it.
func (f *functions) accept(ctx context.Context, tx *store.Tx, in struct {
	Code string `json:"code"`
},
) (*Member, error) {
	user, err := callerID(ctx)
	if err != nil {
		return nil, err
	}
	valid := store.And(store.Eq("code_hash", hash(in.Code)), store.Compare("expires_at", query.OpGt, f.app.DB().Now()))
	found, err := store.For[Invitation](tx).First(ctx, store.Query{Where: valid})
	if err != nil {
		return nil, err
	}
	m := &Member{OrganisationID: found.OrganisationID, UserID: user, Role: found.Role}
	higher := store.In("role", anyRole[:slices.Index(anyRole, m.Role)])
	switch n, err := store.For[Member](tx).Count(ctx, store.And(store.Eq("organisation_id", m.OrganisationID), store.Eq("user_id", user), higher)); {
	case err != nil:
		return nil, err
	case n > 0:
		return nil, &api.Error{Code: "PT409", Message: "You already have a higher role in this organisation."}
	}
	if err := store.For[Member](tx).Upsert(ctx, m); err != nil {
		return nil, err
	}
	return m, store.For[Invitation](tx).Delete(ctx, found.ID)
}

// share makes a link to a project that works for a week. Its token is shown once.
func (f *functions) share(ctx context.Context, tx *store.Tx, in struct {
	Project store.ID `json:"project_id"`
},
) (out struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
}, err error,
) {
	if err := may(ctx, tx, api.CanUpdate, Project{Model: store.Model{ID: in.Project}}); err != nil {
		return out, err
	}
	out.Token, out.ExpiresAt = rand.Text(), f.app.DB().Now().Add(7*24*time.Hour)
	return out, store.For[ShareLink](tx).Insert(ctx, &ShareLink{ProjectID: in.Project, Token: out.Token, ExpiresAt: out.ExpiresAt})
}

// dashboard is what a member sees of an organisation at first.
type dashboard struct {
	Projects int64            `json:"projects"`
	Tasks    map[string]int64 `json:"tasks"` // by state
	Overdue  int64            `json:"overdue"`
}

// dashboard answers from the cache, which is the same for all members. Whether the caller is
// one is asked each time.
func (f *functions) dashboard(ctx context.Context, in struct {
	Organisation store.ID `json:"organisation_id"`
},
) (dashboard, error) {
	if err := may(ctx, f.app.DB(), api.CanRead, Organisation{Model: store.Model{ID: in.Organisation}}); err != nil {
		return dashboard{}, err
	}
	return f.dashboards.Get(ctx, in.Organisation)
}

// loadDashboard counts in the database.
func (f *functions) loadDashboard(ctx context.Context, organisation store.ID) (d dashboard, err error) {
	of := store.Eq("organisation_id", organisation)
	if d.Projects, err = store.For[Project](f.app.DB()).Count(ctx, of); err != nil {
		return d, err
	}
	d.Tasks = map[string]int64{}
	tasks := store.For[Task](f.app.DB())
	for _, state := range []string{"open", "doing", "done"} {
		if d.Tasks[state], err = tasks.Count(ctx, store.And(store.Related("project", of), store.Eq("state", state))); err != nil {
			return d, err
		}
	}
	d.Overdue, err = tasks.Count(ctx, store.And(store.Related("project", of), overdue(f.app.DB().Now())))
	return d, err
}

// may is the policy of a row, asked from Go: nil, or store.ErrDenied.
func may(ctx context.Context, s store.Session, action api.Action, row any) error {
	allowed, err := api.Can(ctx, s, action, row)
	if err == nil && !allowed {
		err = store.ErrDenied
	}
	return err
}

// callerID returns the user. An API key of the application is none.
func callerID(ctx context.Context) (store.ID, error) {
	id, err := store.ParseID(auth.FromContext(ctx).ID)
	if err != nil {
		return id, store.ErrDenied
	}
	return id, nil
}

func hash(code string) []byte {
	sum := sha256.Sum256([]byte(code))
	return sum[:]
}
