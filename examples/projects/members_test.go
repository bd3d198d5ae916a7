package main

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/plinthtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// team is an organisation of Ann, who invites others to it.
type team struct {
	kit *plinthtest.Kit
	ann apitest.Client
	id  string
}

func newTeam(kit *plinthtest.Kit) team {
	ann := kit.As("ann")
	return team{kit, ann, object(ann.Post("/rest/v1/rpc/create_organisation", map[string]string{"name": "Acme"}).Want(200))["id"].(string)}
}

// invite returns the code of an invitation.
func (o team) invite(t *testing.T, name, role string) map[string]string {
	o.ann.Post("/rest/v1/rpc/invite", map[string]string{"organisation_id": o.id, "email": name + "@example.org", "role": role}).Want(200)
	code := regexp.MustCompile(`#invitation=([A-Z2-7]{26})`).FindStringSubmatch(o.kit.Mailbox().Wait(name + "@example.org").Values["link"])
	if code == nil {
		t.Fatal("no code in the invitation")
	}
	return map[string]string{"code": code[1]}
}

// join makes a user a member and returns the client.
func (o team) join(t *testing.T, name, role string) apitest.Client {
	c := o.kit.As(name)
	c.Post("/rest/v1/rpc/accept_invitation", o.invite(t, name, role)).Want(200)
	return c
}

// of is the URL of the membership of a user.
func (o team) of(name string) string {
	return "/rest/v1/members?organisation_id=eq." + o.id + "&user_id=eq." + o.kit.ID(name).String()
}

// wantRefusal expects an error with a text.
func wantRefusal(t *testing.T, res *apitest.Response, text string) {
	t.Helper()
	if message, _ := object(res)["message"].(string); !strings.Contains(message, text) {
		t.Errorf("the answer is %s, want the text %q", res.Body, text)
	}
}

func TestInvitationRaisesRolesOnly(t *testing.T) {
	t.Parallel()
	plinthtest.Engines(t, pgtest.Source(), newApp, func(t *testing.T, kit *plinthtest.Kit) {
		o := newTeam(kit)
		wantRefusal(t, o.ann.Post("/rest/v1/rpc/accept_invitation", o.invite(t, "ann", "viewer")).Want(409), "higher role")
		o.ann.Get(o.of("ann") + "&select=role").WantBody(`[{"role":"owner"}]`)

		bob := o.join(t, "bob", "editor")
		wantRefusal(t, bob.Post("/rest/v1/rpc/accept_invitation", o.invite(t, "bob", "viewer")).Want(409), "higher role")
		bob.Post("/rest/v1/rpc/accept_invitation", o.invite(t, "bob", "editor")).Want(200)
		bob.Get(o.of("bob") + "&select=role").WantBody(`[{"role":"editor"}]`)
		bob.Post("/rest/v1/rpc/accept_invitation", o.invite(t, "bob", "owner")).Want(200)
		bob.Get(o.of("bob") + "&select=role").WantBody(`[{"role":"owner"}]`)
	})
}

func TestOrganisationKeepsAnOwner(t *testing.T) {
	t.Parallel()
	plinthtest.Engines(t, pgtest.Source(), newApp, func(t *testing.T, kit *plinthtest.Kit) {
		o := newTeam(kit)
		bob, eve := o.join(t, "bob", "editor"), o.join(t, "eve", "viewer")

		// The only owner stays one, also if a request is about all members.
		wantRefusal(t, o.ann.Delete(o.of("ann")).Want(409), "needs an owner")
		wantRefusal(t, o.ann.Patch(o.of("ann"), map[string]string{"role": "viewer"}).Want(409), "needs an owner")
		o.ann.Delete("/rest/v1/members?organisation_id=eq." + o.id).Want(409)
		o.ann.Get("/rest/v1/members?select=role&order=role").WantBody(`[{"role":"editor"},{"role":"owner"},{"role":"viewer"}]`)

		// Other members leave, and remove nobody else.
		bob.Delete(o.of("eve")).Want(204)
		bob.Get(o.of("eve") + "&select=role").WantBody(`[{"role":"viewer"}]`)
		eve.Delete(o.of("eve")).Want(204)
		eve.Get("/rest/v1/organisations").WantBody("[]")

		// With a second owner the first one can leave.
		o.ann.Patch(o.of("bob"), map[string]string{"role": "owner"}).Want(204)
		o.ann.Delete(o.of("ann")).Want(204)
		bob.Delete(o.of("bob")).Want(409)
		bob.Delete("/rest/v1/organisations?id=eq." + o.id).Want(204)
		bob.Get("/rest/v1/members").WantBody("[]")
	})
}

// TestOwnersLeaveAtOnce lets both owners of an organisation leave by concurrent requests, or
// remove each other.
func TestOwnersLeaveAtOnce(t *testing.T) {
	t.Parallel()
	plinthtest.Engines(t, pgtest.Source(), newApp, func(t *testing.T, kit *plinthtest.Kit) {
		for i := range 20 {
			o := newTeam(kit)
			leaving := []string{"ann", "bob"}
			if i%2 == 1 {
				slices.Reverse(leaving)
			}
			bob := o.join(t, "bob", "owner")
			var wg sync.WaitGroup
			status := make([]int, 2)
			for i, c := range []apitest.Client{o.ann, bob} {
				wg.Go(func() { status[i] = c.Delete(o.of(leaving[i])).Status })
			}
			wg.Wait()
			owners, err := store.For[Member](kit.App().DB()).Count(context.Background(), store.Eq("organisation_id", o.id))
			if owners != 1 || err != nil {
				t.Fatalf("%s are removed with %v, which leaves %d owners, %v", leaving, status, owners, err)
			}
		}
	})
}
