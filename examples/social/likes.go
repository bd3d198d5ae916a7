package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/seed-7694ebf6/plinth/store"
)

// queue is for transactions that many people run on one row at the same time, such as likes of
// a post. At READ COMMITTED they wait for each other. Serializable ones would start over, again
// and again. It is safe where unique keys and sums decide, and nothing that was read before.
var queue = store.TxOptions{Isolation: sql.LevelReadCommitted}

// like adds the caller's like to a post that the caller may see. A second one changes nothing.
func (s *social) like(ctx context.Context, post store.ID) error {
	err := s.changeLike(ctx, post, func(ctx context.Context, tx *store.Tx, me store.ID) error {
		return store.For[Like](tx).Insert(ctx, &Like{PostID: post, PersonID: me})
	})
	if conflict, ok := errors.AsType[*store.ConstraintError](err); ok && conflict.Kind == store.Unique {
		return nil
	}
	return err
}

// unlike takes the caller's like back.
func (s *social) unlike(ctx context.Context, post store.ID) error {
	return s.changeLike(ctx, post, func(ctx context.Context, tx *store.Tx, me store.ID) error {
		_, err := store.For[Like](tx).DeleteWhere(ctx, store.And(store.Eq("post_id", post), store.Eq("person_id", me)))
		return err
	})
}

func (s *social) changeLike(ctx context.Context, post store.ID, change func(ctx context.Context, tx *store.Tx, me store.ID) error) error {
	me, err := callerID(ctx)
	if err != nil {
		return err
	}
	return s.app.DB().TxWith(ctx, queue, func(ctx context.Context, tx *store.Tx) error {
		if _, err := store.For[Post](tx).As(store.ScopeFrom(ctx)).Get(ctx, post); err != nil {
			return err
		}
		return change(ctx, tx, me)
	})
}

// likeArgs are the arguments of the functions like and unlike.
type likeArgs struct {
	Post store.ID `json:"post" validate:"required"`
}

func (s *social) likeFunc(ctx context.Context, in likeArgs) (struct{}, error) {
	return struct{}{}, s.like(ctx, in.Post)
}

func (s *social) unlikeFunc(ctx context.Context, in likeArgs) (struct{}, error) {
	return struct{}{}, s.unlike(ctx, in.Post)
}
