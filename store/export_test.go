package store

import (
	"context"
	"errors"
	"reflect"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// EvaluateCond judges a condition over a struct in memory, as the write path
// judges rules, and reports whether the row is selected. The condition must not
// read other tables.
func EvaluateCond(db *DB, c Cond, scope *Scope, model any) (selected bool, err error) {
	v := reflect.ValueOf(model).Elem()
	t := db.Table(v.Interface())
	bound, err := t.Bind(c)
	if err != nil {
		return false, err
	}
	row, err := t.readStruct(v)
	if err != nil {
		return false, err
	}
	result, decided := bound.n.evaluate(scope, row)
	if !decided {
		return false, errors.New("the condition cannot be decided in memory")
	}
	return result == isTrue, nil
}

// DriverOf returns the driver that a database runs its statements on.
func DriverOf(db *DB) driver.Driver { return db.driver }

// NewShare returns a function that takes a connection's worth of a pool of so many, and
// one that tells how many callers are remembered.
func NewShare(connections int) (take func(context.Context, *Scope) (leave func(), err error), remembered func() int) {
	s := newShare(connections)
	take = func(ctx context.Context, scope *Scope) (func(), error) {
		held, err := shares{s, s}.take(ctx, scope, false)
		return held.leave, err
	}
	return take, func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.members.this) + len(s.members.last)
	}
}
