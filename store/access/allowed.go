package access

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/write"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// Allowed says for each of models whether the scope may do op to it, by one statement.
// Models is a value of a registered model, a pointer to one, or a slice of either. An empty
// op reads. A nil scope is [store.ErrNoScope].
//
// A row that is read, updated, deleted or restored is the stored row with the key of the
// model: the scope has to see it, and the rule for op to hold. The columns of an update and
// the row that it makes are not judged. A row to be inserted is the model as it is, without
// defaults; one that lacks a preset of the scope is not allowed. A rule that needs the
// database takes a statement for each.
func Allowed(ctx context.Context, s store.Session, scope *query.Scope, op query.WriteOp, models reflect.Value) ([]bool, error) {
	model, n := models.Type(), 1
	if model.Kind() == reflect.Slice {
		model, n = model.Elem(), models.Len()
	}
	if model.Kind() == reflect.Pointer {
		model = model.Elem()
	}
	t := core.SessionOf(s).DB.Registry.Table(reflect.Zero(model).Interface())
	switch {
	case t == nil:
		return nil, fmt.Errorf("store: %s is no registered model", model)
	case len(t.PrimaryKey) == 0:
		return nil, fmt.Errorf("store: rows of %s have no key to find them by: tag its columns pk and embed store.View", t.Name)
	}
	rows, err := t.ReadModels(models)
	if err != nil {
		return nil, err
	}
	if len(rows) != n {
		return nil, errors.New("store: a model is nil")
	}
	return write.Allowed(ctx, New(s, t, scope).r, op, rows)
}
