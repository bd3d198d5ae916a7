package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
	"github.com/seed-7694ebf6/plinth/plinthtest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// object decodes the body of a response.
func object(res *apitest.Response) (m map[string]any) {
	res.JSON(&m)
	return m
}

func first(t *testing.T, res *apitest.Response) map[string]any {
	var list []map[string]any
	if err := json.Unmarshal([]byte(res.Body), &list); err != nil || len(list) == 0 {
		t.Fatalf("no row in %s", res.Body)
	}
	return list[0]
}

func TestProduct(t *testing.T) {
	t.Parallel()
	plinthtest.Engines(t, pgtest.Source(), newApp, func(t *testing.T, kit *plinthtest.Kit) {
		ann, bob, eve := kit.As("ann"), kit.As("bob"), kit.As("eve")
		back := "return=representation"

		// An organisation with its owner, a project and a task.
		org := object(ann.Post("/rest/v1/rpc/create_organisation", map[string]string{"name": "Acme"}).Want(200))["id"].(string)
		project := first(t, ann.With("Prefer", back).Post("/rest/v1/projects", map[string]string{"organisation_id": org, "name": "Site"}).Want(201))["id"].(string)
		task := first(t, ann.With("Prefer", back).Post("/rest/v1/tasks", map[string]string{"project_id": project, "title": "Write the copy", "due_on": "2026-01-31"}).Want(201))["id"].(string)

		// A stranger sees and changes nothing.
		for _, table := range []string{"organisations", "members", "projects", "tasks", "share_links", "invitations", "audit_events"} {
			eve.Get("/rest/v1/" + table).Want(200).WantBody("[]")
		}
		eve.Post("/rest/v1/tasks", map[string]string{"project_id": project, "title": "Mine"}).Want(409)
		eve.Post("/rest/v1/members", map[string]string{"organisation_id": org, "user_id": task, "role": "owner"}).Want(403)
		eve.Post("/rest/v1/rpc/invite", map[string]string{"organisation_id": org, "email": "eve@example.org", "role": "owner"}).Want(403)
		eve.Post("/rest/v1/rpc/dashboard", map[string]string{"organisation_id": org}).Want(403)
		eve.Post("/rest/v1/rpc/share_project", map[string]string{"project_id": project}).Want(403)

		// Bob is invited as a viewer, by mail. The code works once.
		ann.Post("/rest/v1/rpc/invite", map[string]string{"organisation_id": org, "email": "bob@example.org", "role": "king"}).Want(400)
		ann.Post("/rest/v1/rpc/invite", map[string]string{"organisation_id": org, "email": "Bob@Example.org", "role": "viewer"}).Want(200)
		ann.Post("/rest/v1/rpc/invite", map[string]string{"organisation_id": org, "email": "bob", "role": "viewer"}).Want(400)
		invitation := kit.Mailbox().Wait("bob@example.org")
		code := regexp.MustCompile(`#invitation=([A-Z2-7]{26})`).FindStringSubmatch(invitation.Values["link"])
		if code == nil || invitation.Subject != "Invitation to Acme" {
			t.Fatalf("the invitation: %+v", invitation)
		}
		eve.Post("/rest/v1/rpc/accept_invitation", map[string]string{"code": code[1] + "A"}).Want(404)
		bob.Post("/rest/v1/rpc/accept_invitation", map[string]string{"code": code[1]}).Want(200)
		eve.Post("/rest/v1/rpc/accept_invitation", map[string]string{"code": code[1]}).Want(404)

		// A viewer reads and comments, and writes nothing else.
		bob.Get("/rest/v1/tasks?select=title,project(name,organisation(name))").Want(200).
			WantBody(`[{"title":"Write the copy","project":{"name":"Site","organisation":{"name":"Acme"}}}]`)
		bob.With("Prefer", back).Patch("/rest/v1/tasks?id=eq."+task, map[string]string{"state": "done"}).Want(200).WantBody("[]")
		bob.Post("/rest/v1/comments", map[string]string{"task_id": task, "text": "Who reads it?"}).Want(201)
		bob.Post("/rest/v1/rpc/invite", map[string]string{"organisation_id": org, "email": "eve@example.org", "role": "viewer"}).Want(403)
		bob.Get("/rest/v1/invitations").WantBody("[]")
		ann.With("Prefer", back).Patch("/rest/v1/comments", map[string]string{"text": "x"}).Want(400)
		ann.With("Prefer", back).Patch("/rest/v1/comments?text=neq.x", map[string]string{"text": "x"}).Want(200).WantBody("[]")

		// Labels, and tasks by their label.
		label := first(t, ann.With("Prefer", back).Post("/rest/v1/labels", map[string]string{"organisation_id": org, "name": "urgent"}).Want(201))["id"].(string)
		ann.Post("/rest/v1/task_labels", map[string]string{"task_id": task, "label_id": label}).Want(201)
		bob.Get("/rest/v1/tasks?select=title,labels!inner(name)&labels.name=eq.urgent").WantBody(`[{"title":"Write the copy","labels":[{"name":"urgent"}]}]`)

		// A share link opens the project and its tasks, and nothing beside them.
		link := object(ann.Post("/rest/v1/rpc/share_project", map[string]string{"project_id": project}).Want(200))["token"].(string)
		shown := kit.Anonymous().With("X-Share-Token", link)
		shown.Get("/rest/v1/projects?select=name").WantBody(`[{"name":"Site"}]`)
		shown.Get("/rest/v1/tasks?select=title").WantBody(`[{"title":"Write the copy"}]`)
		shown.Get("/rest/v1/comments").WantBody("[]")
		shown.Get("/rest/v1/organisations").WantBody("[]")
		shown.Post("/rest/v1/tasks", map[string]string{"project_id": project, "title": "Mine"}).Want(401)
		kit.Anonymous().With("X-Share-Token", link+"A").Get("/rest/v1/projects").WantBody("[]")
		eve.With("X-Share-Token", link).Get("/rest/v1/tasks?select=title").WantBody(`[{"title":"Write the copy"}]`)
		ann.Delete("/rest/v1/share_links?project_id=eq." + project).Want(204)
		shown.Get("/rest/v1/projects").WantBody("[]")

		// The dashboard, the reminder and the audit.
		bob.Post("/rest/v1/rpc/dashboard", map[string]string{"organisation_id": org}).Want(200).
			WantBody(`{"projects":1,"tasks":{"doing":0,"done":0,"open":1},"overdue":1}`)
		ann.Patch("/rest/v1/tasks?id=eq."+task, map[string]string{"assignee_id": kit.ID("bob").String()}).Want(204)
		kit.Advance(24 * time.Hour)
		kit.RunJobs()
		if reminder := kit.Mailbox().Wait("bob@example.org"); reminder.Subject != "1 overdue tasks" || !strings.Contains(reminder.Text, "2026-01-31  Write the copy") {
			t.Errorf("the reminder: %+v", reminder)
		}
		ann, bob = kit.As("ann"), kit.As("bob") // their tokens have expired
		want := `[{"what":"insert projects","title":"Site"},{"what":"insert tasks","title":"Write the copy"},{"what":"update tasks","title":"Write the copy"}]`
		got := ""
		for range 100 {
			if got = ann.Get("/rest/v1/audit_events?select=what,title&order=at,what").Body; got == want {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if got != want {
			t.Errorf("the audit: %s", got)
		}
		bob.Get("/rest/v1/audit_events").WantBody("[]")

		// An organisation is deleted with everything in it.
		bob.Delete("/rest/v1/organisations?id=eq." + org).Want(204)
		ann.Get("/rest/v1/organisations?select=name").WantBody(`[{"name":"Acme"}]`)
		ann.Delete("/rest/v1/organisations?id=eq." + org).Want(204)
		for _, table := range []string{"organisations", "projects", "tasks", "comments", "labels", "audit_events"} {
			ann.Get("/rest/v1/" + table).Want(200).WantBody("[]")
		}
	})
}
