package main

import (
	"context"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// pageSize is the number of rows on a page of a list.
const pageSize = 20

var newestFirst = []store.Order{{Column: "created_at", Desc: true}}

// feed returns a page of the posts by a person and by the people that the person follows, the
// newest first.
func feed(ctx context.Context, items store.Repo[FeedItem], person store.ID, after query.Cursor) (posts []*Post, next query.Cursor, err error) {
	page, err := items.Page(ctx, store.Query{
		Where: store.Eq("person_id", person), Order: newestFirst, Limit: store.Limit(pageSize), After: after,
		With: []store.Embed{{Relation: "post", Query: store.Query{With: withPost(person)}}},
	})
	for _, item := range page.Items {
		posts = append(posts, item.Post)
	}
	return posts, page.Next, err
}

// withPost is what a post is shown with: its author, and the reader's own like.
func withPost(reader store.ID) []store.Embed {
	return []store.Embed{
		{Relation: "author"},
		{Relation: "liked_by", Query: store.Query{Where: store.Eq("person_id", reader)}},
	}
}

// deliverPost puts a new post into the feeds of its author and the followers.
func deliverPost(ctx context.Context, w *store.Write[Post]) error {
	if w.Old != nil {
		return nil
	}
	return execute(ctx, w.Tx, `insert into feed_items (person_id, post_id, created_at)
		select author_id, id, created_at from posts where id = ?
		union all
		select follower_id, id, posts.created_at from posts join follows on followed_id = author_id where id = ?`, w.New.ID, w.New.ID)
}

// withdrawPost takes a post that is deleted out of all feeds, by one statement.
func withdrawPost(ctx context.Context, w *store.Write[Post]) error {
	if w.New != nil {
		return nil
	}
	return execute(ctx, w.Tx, `delete from feed_items where post_id = ?`, w.Old.ID)
}

// deliverFollow puts the posts of a person into the feed of a new follower, or takes them out.
func deliverFollow(ctx context.Context, w *store.Write[Follow]) error {
	follow, n := countOf(w)
	if n < 0 {
		return execute(ctx, w.Tx, `delete from feed_items where person_id = ? and post_id in (select id from posts where author_id = ?)`, follow.FollowerID, follow.FollowedID)
	}
	return execute(ctx, w.Tx, `insert into feed_items (person_id, post_id, created_at)
		select follower_id, id, posts.created_at from posts join follows on followed_id = author_id
		where follower_id = ? and followed_id = ?`, follow.FollowerID, follow.FollowedID)
}

// execute runs a statement for many rows, with its values as literals.
func execute(ctx context.Context, tx *store.Tx, statement string, ids ...store.ID) error {
	for _, id := range ids {
		statement = strings.Replace(statement, "?", "'"+id.String()+"'", 1)
	}
	_, err := tx.SQL().ExecContext(ctx, statement)
	return err
}
