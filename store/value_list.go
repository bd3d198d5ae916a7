package store

import (
	"fmt"
	"reflect"
)

// parseList reads the operand of OpIn of Go code, a slice or an array of what
// parseValue takes, as one slice that both drivers bind. NULL equals nothing
// and is left out.
func (c *Column) parseList(values any) (any, error) {
	rv := reflect.ValueOf(values)
	if !rv.IsValid() || rv.Kind() != reflect.Slice && rv.Kind() != reflect.Array {
		return nil, c.valueError(formError(fmt.Sprintf("a slice is wanted, not a %T", values)), "")
	}
	list := make([]any, 0, rv.Len())
	for i := range rv.Len() {
		v, err := c.parseValue(rv.Index(i).Interface())
		if err != nil {
			return nil, err
		}
		if v != nil {
			list = append(list, v)
		}
	}
	return packList(c.Kind, list), nil
}
