package api

import (
	"context"
	"fmt"
	"reflect"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
)

// Action is what a caller does with a row.
type Action string

// The actions.
const (
	CanRead    Action = ""
	CanCreate         = Action(store.OpInsert)
	CanUpdate         = Action(store.OpUpdate)
	CanDelete         = Action(store.OpDelete)
	CanRestore        = Action(store.OpRestore)
)

// Can reports whether the caller of a request may do something with a row of a model, by
// the policy of its resource, so that functions and routes need not repeat a rule. ctx is
// that of the request, or made by [store.WithScope]; without a caller it is
// [store.ErrNoScope]. row is a model or a pointer to one.
//
// A row that is read, updated, deleted or restored is found by its key, and its stored
// values decide: a row that the caller does not see, or that does not exist, is false. Can
// does not judge which columns an update sets, what the row becomes, and where foreign keys
// lead. A row to be created is judged as it is given: without the values that the policy
// presets it is false.
//
// An answer is as old as its statement. A write in the scope of the caller
// ([store.Repo.As]) is judged by itself.
func Can(ctx context.Context, s store.Session, action Action, row any) (bool, error) {
	v := reflect.ValueOf(row)
	if v.Kind() != reflect.Struct && v.Kind() != reflect.Pointer {
		return false, fmt.Errorf("api: Can takes a model or a pointer to one, not %T", row)
	}
	allowed, err := access.Allowed(ctx, s, store.ScopeFrom(ctx), store.WriteOp(action), v)
	return len(allowed) == 1 && allowed[0], err
}

// CanEach is [Can] for many rows by one statement, at most 10,000: models or pointers to
// models.
func CanEach[T any](ctx context.Context, s store.Session, action Action, rows []T) ([]bool, error) {
	return access.Allowed(ctx, s, store.ScopeFrom(ctx), store.WriteOp(action), reflect.ValueOf(rows))
}
