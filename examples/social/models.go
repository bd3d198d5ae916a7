package main

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
)

// Person is a member. Its ID is that of the user. The numbers are kept by the hooks in
// counters.go.
type Person struct {
	bun.BaseModel `bun:"table:people"`
	store.Model
	Handle    string `bun:",notnull,unique" plinth:"readonly,searchable"`
	Name      string `bun:",notnull"        plinth:"searchable" validate:"required,max=60"`
	Bio       string `bun:",notnull"        plinth:"searchable" validate:"max=200"`
	Posts     int64  `bun:",notnull"        plinth:"readonly"`
	Followers int64  `bun:",notnull"        plinth:"readonly"`
	Following int64  `bun:",notnull"        plinth:"readonly"`

	Blocks    []*Block  `bun:"rel:has-many,join:id=blocker_id"` // of others
	BlockedBy []*Block  `bun:"rel:has-many,join:id=blocked_id"`
	Follows   []*Follow `bun:"rel:has-many,join:id=follower_id"` // of others
	FollowIns []*Follow `bun:"rel:has-many,join:id=followed_id"`
}

// Post is a text of a person. It is never changed.
type Post struct {
	bun.BaseModel `bun:"table:posts" plinth:"index=author_id|created_at|id,index=created_at|id"`
	store.Model
	AuthorID store.ID `bun:",notnull" plinth:"createonly"`
	Body     string   `bun:",notnull" plinth:"createonly,searchable" validate:"required,max=500"`
	Likes    int64    `bun:",notnull" plinth:"readonly"`
	Comments int64    `bun:",notnull" plinth:"readonly"`

	Author  *Person    `bun:"rel:belongs-to,join:author_id=id,on_delete:cascade"`
	LikedBy []*Like    `bun:"rel:has-many,join:id=post_id"`
	Said    []*Comment `bun:"rel:has-many,join:id=post_id"`
}

// FeedItem puts a post into the feed of a person: the author, and each follower. Statements in
// feed.go write it, past hooks and log.
type FeedItem struct {
	bun.BaseModel `bun:"table:feed_items" plinth:"index=person_id|created_at|post_id"`
	store.Untracked
	PersonID  store.ID  `bun:",pk"`
	PostID    store.ID  `bun:",pk"`
	CreatedAt time.Time `bun:",notnull"` // of the post

	Person *Person `bun:"rel:belongs-to,join:person_id=id,on_delete:cascade"`
	Post   *Post   `bun:"rel:belongs-to,join:post_id=id,on_delete:cascade"`
}

// Comment is a comment on a post, or a reply to a comment. A thread is the comment that began
// it, the root, and all replies below it.
type Comment struct {
	bun.BaseModel `bun:"table:comments" plinth:"index=post_id|created_at|id,index=root_id|created_at|id"`
	store.Model
	PostID   store.ID  `bun:",notnull" plinth:"createonly"`
	AuthorID store.ID  `bun:",notnull" plinth:"createonly"`
	ParentID *store.ID `plinth:"createonly"` // the comment that it answers
	RootID   *store.ID `plinth:"readonly"`   // of its thread, null for the root
	Body     string    `bun:",notnull" plinth:"createonly" validate:"required,max=500"`

	Post    *Post      `bun:"rel:belongs-to,join:post_id=id,on_delete:cascade"`
	Author  *Person    `bun:"rel:belongs-to,join:author_id=id,on_delete:cascade"`
	Parent  *Comment   `bun:"rel:belongs-to,join:parent_id=id,on_delete:cascade"`
	Root    *Comment   `bun:"rel:belongs-to,join:root_id=id,on_delete:cascade"`
	Replies []*Comment `bun:"rel:has-many,join:id=root_id"`
}

// Like is a person's like of a post.
type Like struct {
	bun.BaseModel `bun:"table:likes"`
	PostID        store.ID  `bun:",pk" plinth:"createonly"`
	PersonID      store.ID  `bun:",pk" plinth:"createonly"`
	CreatedAt     time.Time `bun:",notnull" plinth:"readonly"`

	Post   *Post   `bun:"rel:belongs-to,join:post_id=id,on_delete:cascade"`
	Person *Person `bun:"rel:belongs-to,join:person_id=id,on_delete:cascade"`
}

// Follow puts the posts of a person into the feed of another.
type Follow struct {
	bun.BaseModel `bun:"table:follows" plinth:"check=follower_id <> followed_id"`
	FollowerID    store.ID  `bun:",pk" plinth:"createonly"`
	FollowedID    store.ID  `bun:",pk" plinth:"createonly"`
	CreatedAt     time.Time `bun:",notnull" plinth:"readonly"`

	Follower *Person `bun:"rel:belongs-to,join:follower_id=id,on_delete:cascade"`
	Followed *Person `bun:"rel:belongs-to,join:followed_id=id,on_delete:cascade"`
}

// Block hides two persons from each other. Only the blocker sees the row.
type Block struct {
	bun.BaseModel `bun:"table:blocks" plinth:"check=blocker_id <> blocked_id"`
	BlockerID     store.ID  `bun:",pk" plinth:"createonly"`
	BlockedID     store.ID  `bun:",pk" plinth:"createonly"`
	CreatedAt     time.Time `bun:",notnull" plinth:"readonly"`

	Blocker *Person `bun:"rel:belongs-to,join:blocker_id=id,on_delete:cascade"`
	Blocked *Person `bun:"rel:belongs-to,join:blocked_id=id,on_delete:cascade"`
}

// Notification says to a person what another one did. It is written in the transaction of its
// cause, and goes with it.
type Notification struct {
	bun.BaseModel `bun:"table:notifications" plinth:"index=person_id|created_at|id,index=person_id where seen = false"`
	store.Model
	PersonID  store.ID  `bun:",notnull" plinth:"readonly"`
	ActorID   store.ID  `bun:",notnull" plinth:"readonly"`
	Kind      string    `bun:",notnull" plinth:"readonly,enum=follow|like|comment|reply|mention"`
	PostID    *store.ID `plinth:"readonly"`
	CommentID *store.ID `plinth:"readonly"`
	Seen      bool      `bun:",notnull"`

	Actor   *Person  `bun:"rel:belongs-to,join:actor_id=id,on_delete:cascade"`
	Person  *Person  `bun:"rel:belongs-to,join:person_id=id,on_delete:cascade"`
	Post    *Post    `bun:"rel:belongs-to,join:post_id=id,on_delete:cascade"`
	Comment *Comment `bun:"rel:belongs-to,join:comment_id=id,on_delete:cascade"`
}

// Inbox has the number of a person's notifications that were not seen. Its ID is the person's.
type Inbox struct {
	bun.BaseModel `bun:"table:inboxes"`
	ID            store.ID `bun:",pk,type:uuid"`
	Unread        int64    `bun:",notnull" plinth:"check=unread >= 0"`

	Person *Person `bun:"rel:belongs-to,join:id=id,on_delete:cascade"`
}

var (
	personPosts     = store.Number(func(p *Person) *int64 { return &p.Posts })
	personFollowers = store.Number(func(p *Person) *int64 { return &p.Followers })
	personFollowing = store.Number(func(p *Person) *int64 { return &p.Following })
	personHandle    = store.TextColumn(func(p *Person) *string { return &p.Handle })
	personName      = store.TextColumn(func(p *Person) *string { return &p.Name })
	personBio       = store.TextColumn(func(p *Person) *string { return &p.Bio })

	postBody     = store.TextColumn(func(p *Post) *string { return &p.Body })
	postLikes    = store.Number(func(p *Post) *int64 { return &p.Likes })
	postComments = store.Number(func(p *Post) *int64 { return &p.Comments })
	postAuthor   = store.ColumnOf(func(p *Post) *store.ID { return &p.AuthorID })

	inboxUnread = store.Number(func(i *Inbox) *int64 { return &i.Unread })
)
