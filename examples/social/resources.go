package main

import (
	"context"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// me is the caller.
const me = store.Var("principal.id")

// unblocked selects the people who have not blocked the caller and are not blocked by the
// caller. Each rule below leads to it, so a block holds wherever a row can appear, from the
// next statement and the next event on.
func unblocked(caller any) store.Cond {
	return store.And(
		store.Not(store.Related("blocks", store.Eq("blocked_id", caller))),
		store.Not(store.Related("blocked_by", store.Eq("blocker_id", caller))),
	)
}

// visible allows members to see rows that belong to people who are not blocked.
func visible(people ...string) api.Rule {
	rules := []api.Rule{api.SignedIn()}
	for _, relation := range people {
		rules = append(rules, api.Where(related(relation, unblocked(me))))
	}
	return api.AllOf(rules...)
}

// related leads along relations, such as "post.author".
func related(path string, c store.Cond) store.Cond {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			return related(path[:i], store.Related(path[i+1:], c))
		}
	}
	return store.Related(path, c)
}

// made is the policy of rows that members see, make and delete.
func made(by string, people ...string) api.Policy {
	return api.Policy{
		Read: visible(people...), Create: api.SignedIn(), Delete: api.Owner(by),
		Preset: map[string]any{by: me},
	}
}

// resources are the tables for clients. A client may point to rows only that it
// may read, so no one likes, answers or follows past a block.
func (s *social) resources() []api.Exposed {
	blocks := api.OwnedBy("blocker_id")
	blocks.Update, blocks.UncheckedReferences = nil, []string{"blocked_id"} // also one who blocks the caller
	notified := api.AllOf(
		api.Owner("person_id"), visible("actor"),
		api.AnyOf(api.Where(store.Null("post_id")), visible("post.author")),
	)
	return []api.Exposed{
		api.Resource[Person]{Policy: api.Policy{Read: api.AllOf(api.SignedIn(), api.Where(unblocked(me))), Update: api.Owner("id")}},
		api.Resource[Post]{Policy: made("author_id", "author")},
		api.Resource[FeedItem]{Policy: api.Policy{Read: api.AllOf(api.Owner("person_id"), visible("post.author"))}},
		api.Resource[Comment]{Policy: made("author_id", "author", "post.author")},
		api.Resource[Like]{Policy: api.Policy{Read: visible("person", "post.author")}},
		api.Resource[Follow]{Policy: made("follower_id", "follower", "followed")},
		api.Resource[Block]{Policy: blocks},
		api.Resource[Notification]{Policy: api.Policy{Read: notified, Update: notified}},
		api.Resource[Inbox]{Policy: api.Policy{Read: api.Owner("id")}},
		api.Func("like", api.SignedIn(), s.likeFunc),
		api.Func("unlike", api.SignedIn(), s.unlikeFunc),
	}
}

// callerID returns the ID of the user who makes a request.
func callerID(ctx context.Context) (store.ID, error) {
	id, err := store.ParseID(auth.FromContext(ctx).ID)
	if err != nil {
		return id, store.ErrDenied
	}
	return id, nil
}
