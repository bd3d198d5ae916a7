package main

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
)

// mention is the handle of a person in a text.
var mention = regexp.MustCompile(`(?:^|[^\pL\pN_@/])@([a-z0-9_]{2,20})\b`)

// maxMentions is how many people a text can notify.
const maxMentions = 10

// mentioned returns the handles in a text, each once.
func mentioned(text string) (handles []string) {
	for _, match := range mention.FindAllStringSubmatch(strings.ToLower(text), -1) {
		if !slices.Contains(handles, match[1]) && len(handles) < maxMentions {
			handles = append(handles, match[1])
		}
	}
	return handles
}

// notify writes a notification unless its person is the actor, was notified of the same by
// another kind, or must not see the actor or the post.
func notify(ctx context.Context, tx *store.Tx, n *Notification, author store.ID) error {
	if n.PersonID == n.ActorID {
		return nil
	}
	allowed, err := store.For[Person](tx).Count(ctx, store.And(store.Eq("id", n.PersonID), unblocked(n.ActorID), unblocked(author)))
	if err != nil || allowed == 0 {
		return err
	}
	return store.For[Notification](tx).Insert(ctx, n)
}

// notifyMentioned notifies the people in a text, but those who know already.
func notifyMentioned(ctx context.Context, tx *store.Tx, text string, about Notification, author store.ID, know ...store.ID) error {
	handles := mentioned(text)
	if len(handles) == 0 {
		return nil
	}
	people, err := store.For[Person](tx).List(ctx, store.Query{Where: personHandle.In(handles...)})
	if err != nil {
		return err
	}
	for _, p := range people {
		if slices.Contains(know, p.ID) {
			continue
		}
		n := about
		n.Kind, n.PersonID = "mention", p.ID
		if err := notify(ctx, tx, &n, author); err != nil {
			return err
		}
	}
	return nil
}

func notifyPost(ctx context.Context, w *store.Write[Post]) error {
	if w.Old != nil {
		return nil
	}
	return notifyMentioned(ctx, w.Tx, w.New.Body, Notification{ActorID: w.New.AuthorID, PostID: &w.New.ID}, w.New.AuthorID)
}

// notifyComment notifies the author of the comment that is answered, the author of the post,
// and who is mentioned: each once.
func notifyComment(ctx context.Context, w *store.Write[Comment]) error {
	if w.Old != nil {
		return nil
	}
	c := w.New
	post, err := store.For[Post](w.Tx).Get(ctx, c.PostID)
	if err != nil {
		return err
	}
	about := Notification{ActorID: c.AuthorID, PostID: &c.PostID, CommentID: &c.ID}
	var know []store.ID
	if c.ParentID != nil {
		parent, err := store.For[Comment](w.Tx).Get(ctx, *c.ParentID)
		if err != nil {
			return err
		}
		n := about
		n.Kind, n.PersonID, know = "reply", parent.AuthorID, append(know, parent.AuthorID)
		if err := notify(ctx, w.Tx, &n, post.AuthorID); err != nil {
			return err
		}
	}
	if !slices.Contains(know, post.AuthorID) {
		n := about
		n.Kind, n.PersonID, know = "comment", post.AuthorID, append(know, post.AuthorID)
		if err := notify(ctx, w.Tx, &n, post.AuthorID); err != nil {
			return err
		}
	}
	return notifyMentioned(ctx, w.Tx, c.Body, about, post.AuthorID, know...)
}

// notifyLike notifies the author of a post of a like, and takes that back with the like.
func notifyLike(ctx context.Context, w *store.Write[Like]) error {
	like, n := countOf(w)
	if n < 0 {
		return forget(ctx, w.Tx, store.Eq("kind", "like"), store.Eq("actor_id", like.PersonID), store.Eq("post_id", like.PostID))
	}
	post, err := store.For[Post](w.Tx).Get(ctx, like.PostID)
	if err != nil {
		return err
	}
	return notify(ctx, w.Tx, &Notification{PersonID: post.AuthorID, ActorID: like.PersonID, Kind: "like", PostID: &like.PostID}, post.AuthorID)
}

func notifyFollow(ctx context.Context, w *store.Write[Follow]) error {
	follow, n := countOf(w)
	if n < 0 {
		return forget(ctx, w.Tx, store.Eq("kind", "follow"), store.Eq("actor_id", follow.FollowerID), store.Eq("person_id", follow.FollowedID))
	}
	return notify(ctx, w.Tx, &Notification{PersonID: follow.FollowedID, ActorID: follow.FollowerID, Kind: "follow"}, follow.FollowedID)
}

// forget deletes notifications.
func forget(ctx context.Context, tx *store.Tx, conds ...store.Cond) error {
	_, err := store.For[Notification](tx).DeleteWhere(ctx, store.And(conds...))
	return err
}
