package main

import (
	"context"
	"slices"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// via leads from a row along relations to the row that a rule is about.
func via(rule api.Rule, path ...string) api.Rule {
	for _, relation := range slices.Backward(path) {
		rule = api.Related(relation, rule)
	}
	return rule
}

// as allows the rows of organisations in which the caller has one of the roles.
func as(roles []string, path ...string) api.Rule {
	return via(api.Related("members", api.AllOf(api.Owner("user_id"), api.Where(store.In("role", roles)))), path...)
}

// The roles that may do something, the highest first.
var anyRole, editors, owners = []string{"owner", "editor", "viewer"}, []string{"owner", "editor"}, []string{"owner"}

// keepOwner rejects a change after which an organisation has no owner.
func keepOwner(ctx context.Context, w *store.Write[Member]) error {
	if w.Old == nil || w.Old.Role != "owner" || w.Cascade {
		return nil // nothing is taken away, or the organisation is deleted with its members
	}
	owners, err := store.For[Member](w.Tx).Count(ctx, store.And(store.Eq("organisation_id", w.Old.OrganisationID), store.Eq("role", "owner")))
	if err == nil && owners == 0 {
		err = &api.Error{Code: "PT409", Message: "An organisation needs an owner.", Hint: "Make another member an owner first, or delete the organisation."}
	}
	return err
}

// shareToken is the header by which a client shows the token of a share link.
const shareToken = "request.header.x-share-token"

// shared allows projects with a valid share link of the request's token.
var shared = api.Related("links", api.Where(store.And(
	store.Eq("token", store.Var(shareToken)), store.Compare("expires_at", query.OpGt, store.Var("now()")),
)))

// edited is the policy of rows that members read and editors write.
func edited(path ...string) api.Policy {
	write := as(editors, path...)
	return api.Policy{Read: as(anyRole, path...), Create: write, Update: write, Delete: write}
}

// orShared opens the rows of a policy to share links too.
func orShared(p api.Policy, path ...string) api.Policy {
	p.Read, p.RequestVariables = api.AnyOf(p.Read, via(shared, path...)), []string{shareToken}
	return p
}

// resources are the tables that clients see.
func resources() []api.Exposed {
	comments := edited("task", "project", "organisation")
	comments.Create = as(anyRole, "task", "project", "organisation")
	comments.Update, comments.Delete = api.Owner("author_id"), api.Owner("author_id")
	comments.Preset = map[string]any{"author_id": store.Var("principal.id")}
	return []api.Exposed{
		api.Resource[Organisation]{Policy: api.Policy{Read: as(anyRole), Update: as(owners), Delete: as(owners)}},
		api.Resource[Member]{Policy: api.Policy{Read: as(anyRole, "organisation"), Update: as(owners, "organisation"), Delete: api.AnyOf(as(owners, "organisation"), api.Owner("user_id"))}},
		api.Resource[Project]{Policy: orShared(edited("organisation"))},
		api.Resource[Task]{Policy: orShared(edited("project", "organisation"), "project")},
		api.Resource[Label]{Policy: edited("organisation")},
		api.Resource[TaskLabel]{Policy: edited("task", "project", "organisation")},
		api.Resource[Comment]{Policy: comments},
		api.Resource[ShareLink]{Policy: api.Policy{Read: as(editors, "project", "organisation"), Delete: as(editors, "project", "organisation")}},
		api.Resource[Invitation]{Policy: api.Policy{Read: as(owners, "organisation"), Delete: as(owners, "organisation")}},
		api.Resource[AuditEvent]{Policy: api.Policy{Read: as(owners, "organisation")}},
	}
}
