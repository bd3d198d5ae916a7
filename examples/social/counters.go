package main

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// addHooks registers what belongs to each write, however it is made: by a page, by the REST
// API or by a cascade. Hooks run in the transaction of the write, and the keys of likes and
// follows are unique, so the numbers are exact.
func addHooks(db *store.DB) {
	store.Before(db, stamp(func(l *Like) *time.Time { return &l.CreatedAt }))
	store.Before(db, stamp(func(f *Follow) *time.Time { return &f.CreatedAt }))
	store.Before(db, stamp(func(b *Block) *time.Time { return &b.CreatedAt }))
	store.Before(db, setRoot)

	store.After(db, func(ctx context.Context, w *store.Write[Person]) error {
		if w.Old != nil || w.New == nil {
			return nil
		}
		return store.For[Inbox](w.Tx).Insert(ctx, &Inbox{ID: w.New.ID})
	})

	// The numbers come before the rows: an insert locks what its foreign keys point to, so two
	// writes that changed a number afterwards would wait for each other.
	store.Before(db, func(ctx context.Context, w *store.Write[Post]) error {
		row, n := countOf(w)
		return add[Person](ctx, w.Tx, row.AuthorID, personPosts.Add(n), n)
	})
	store.Before(db, func(ctx context.Context, w *store.Write[Comment]) error {
		row, n := countOf(w)
		return add[Post](ctx, w.Tx, row.PostID, postComments.Add(n), n)
	})
	store.Before(db, func(ctx context.Context, w *store.Write[Like]) error {
		row, n := countOf(w)
		return add[Post](ctx, w.Tx, row.PostID, postLikes.Add(n), n)
	})
	store.Before(db, func(ctx context.Context, w *store.Write[Follow]) error {
		row, n := countOf(w)
		return errors.Join(
			add[Person](ctx, w.Tx, row.FollowedID, personFollowers.Add(n), n),
			add[Person](ctx, w.Tx, row.FollowerID, personFollowing.Add(n), n),
		)
	})

	store.Before(db, withdrawPost)
	store.After(db, deliverPost)
	store.After(db, deliverFollow)
	store.After(db, countUnread)
	store.After(db, separate)

	store.After(db, notifyPost)
	store.After(db, notifyComment)
	store.After(db, notifyLike)
	store.After(db, notifyFollow)
}

// countOf returns the row of a write, and what it adds to the number of rows.
func countOf[T any](w *store.Write[T]) (row *T, n int64) {
	switch {
	case w.Old == nil:
		return w.New, 1
	case w.New == nil:
		return w.Old, -1
	}
	return w.New, 0
}

// add changes a number of a row, if the row is still there.
func add[T any](ctx context.Context, tx *store.Tx, id store.ID, sum store.Set, n int64) error {
	if n == 0 {
		return nil
	}
	_, err := store.For[T](tx).PatchWhere(ctx, store.Eq("id", id), sum)
	return err
}

// stamp sets the time of new rows.
func stamp[T any](field func(*T) *time.Time) func(context.Context, *store.Write[T]) error {
	return func(_ context.Context, w *store.Write[T]) error {
		if w.Old == nil && field(w.New).IsZero() {
			*field(w.New) = time.Now()
		}
		return nil
	}
}

// setRoot sets the thread of a new reply, which stands below the same post.
func setRoot(ctx context.Context, w *store.Write[Comment]) error {
	if w.Old != nil || w.New.ParentID == nil {
		return nil
	}
	parent, err := store.For[Comment](w.Tx).First(ctx, store.Query{Where: store.And(
		store.Eq("id", *w.New.ParentID), store.Eq("post_id", w.New.PostID),
	)})
	if err != nil {
		return err
	}
	w.New.RootID = &parent.ID
	if parent.RootID != nil {
		w.New.RootID = parent.RootID
	}
	return nil
}

// countUnread keeps the number of notifications that were not seen.
func countUnread(ctx context.Context, w *store.Write[Notification]) error {
	row, n := countOf(w)
	switch {
	case n != 0 && row.Seen:
		n = 0
	case n == 0 && w.Old.Seen != w.New.Seen:
		n = 1
		if w.New.Seen {
			n = -1
		}
	}
	return add[Inbox](ctx, w.Tx, row.PersonID, inboxUnread.Add(n), n)
}

// separate ends what two people have with each other when one blocks the other: follows, and
// notifications by or about the other.
func separate(ctx context.Context, w *store.Write[Block]) error {
	if w.Old != nil {
		return nil
	}
	for _, pair := range [][2]store.ID{{w.New.BlockerID, w.New.BlockedID}, {w.New.BlockedID, w.New.BlockerID}} {
		person, other := pair[0], pair[1]
		follow := store.And(store.Eq("follower_id", person), store.Eq("followed_id", other))
		if _, err := store.For[Follow](w.Tx).DeleteWhere(ctx, follow); err != nil {
			return err
		}
		about := store.Or(store.Eq("actor_id", other), store.Related("post", store.Eq("author_id", other)))
		if _, err := store.For[Notification](w.Tx).DeleteWhere(ctx, store.And(store.Eq("person_id", person), about)); err != nil {
			return err
		}
	}
	return nil
}
