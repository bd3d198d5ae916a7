package main

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// pageSize is the number of rows on a page of a list.
const pageSize = 20

var newestFirst = []store.Order{{Column: "created_at", Desc: true}}

// feed returns a page of the posts by a person and by the people that the person follows, the
// newest first. It reads the posts of now, so a follow or a block changes the next page.
func feed(ctx context.Context, posts store.Repo[Post], person store.ID, after query.Cursor) (store.Page[Post], error) {
	return posts.Page(ctx, store.Query{
		Where: store.Or(postAuthor.Eq(person), related("author.follow_ins", store.Eq("follower_id", person))),
		Order: newestFirst, Limit: store.Limit(pageSize), After: after, With: withPost(person),
	})
}

// withPost is what a post is shown with: its author, and the reader's own like.
func withPost(reader store.ID) []store.Embed {
	return []store.Embed{
		{Relation: "author"},
		{Relation: "liked_by", Query: store.Query{Where: store.Eq("person_id", reader)}},
	}
}
