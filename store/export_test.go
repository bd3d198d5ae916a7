package store

import (
	"errors"
	"reflect"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// EvaluateCond judges a condition over a struct in memory, as the write path
// judges rules, and reports whether the row is selected. The condition must not
// read other tables.
func EvaluateCond(db *DB, c Cond, scope *Scope, model any) (selected bool, err error) {
	v := reflect.ValueOf(model).Elem()
	t := db.Table(v.Interface())
	bound, err := Bind(t, c)
	if err != nil {
		return false, err
	}
	row, err := t.ReadStruct(v)
	if err != nil {
		return false, err
	}
	result, decided := bound.Node().Evaluate(scope, row)
	if !decided {
		return false, errors.New("the condition cannot be decided in memory")
	}
	return result == query.IsTrue, nil
}

// DriverOf returns the driver that a database runs its statements on.
func DriverOf(db *DB) driver.Driver { return core.SessionOf(db).DB.Driver }
