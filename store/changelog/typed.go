package changelog

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Rows returns the row before and after a change as structs. was is nil for an
// insert, is for a row removed from the table. Columns without a value in the log are
// zero: secret ones and those added to the model later. A change of another table is an
// error, and so is a value that its field cannot hold anymore.
//
// The rows are those at the time of the change. Use store.Repo.Get for the current row.
func Rows[T any](s store.Session, c Change) (was, is *T, err error) {
	t, err := core.SessionOf(s).DB.Registry.Of(reflect.TypeFor[T]())
	if err != nil {
		return nil, nil, err
	}
	if c.Table != t.Name {
		return nil, nil, fmt.Errorf("store: a change of %s is not one of %s", c.Table, t.Name)
	}
	if c.Old != nil {
		was = new(T)
		err = fillLogged(t, reflect.ValueOf(was).Elem(), c.Old)
	}
	if c.New != nil && err == nil {
		is = new(T)
		err = fillLogged(t, reflect.ValueOf(is).Elem(), c.New)
	}
	if err != nil {
		return nil, nil, err
	}
	return was, is, nil
}

// fillLogged sets the fields of a struct from a row of the change log, which may have
// been written under another version of the model. It therefore validates every value.
func fillLogged(t *schema.Table, v reflect.Value, row json.RawMessage) error {
	doc, err := parseLogged(row)
	if err != nil {
		return err
	}
	for name, value := range doc.Members() {
		c := t.Column(string(name))
		if c == nil {
			continue
		}
		bound, err := loggedValue(c, value.Raw())
		if err == nil {
			err = c.SetField(v, bound)
		}
		if err != nil {
			return fmt.Errorf("store: the change log has a value that %s.%s cannot hold: %w", t.Name, c.Name, err)
		}
	}
	return nil
}

// loggedValue returns a value of the change log as a column holds it.
func loggedValue(c *schema.Column, raw []byte) (any, error) {
	bound, err := c.ParseJSON(raw)
	if err == nil && bound == nil && c.Kind == driver.KindJSON && !c.Nullable {
		bound = "null" // the document, not NULL
	}
	return bound, err
}
