package value

import (
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// PackList turns bound values of one kind into one slice. NULLs are left out:
// in a list they equal nothing.
func PackList(k driver.Kind, values []any) any {
	switch k {
	case driver.KindInt:
		return packed[int64](values)
	case driver.KindFloat:
		return packed[float64](values)
	case driver.KindBool:
		return packed[bool](values)
	case driver.KindTimestamp:
		return packed[time.Time](values)
	case driver.KindBytes, driver.KindJSON, driver.KindTextArray:
		return values
	default:
		return packed[string](values)
	}
}

func packed[T any](values []any) []T {
	list := make([]T, 0, len(values))
	for _, v := range values {
		if t, ok := v.(T); ok {
			list = append(list, t)
		}
	}
	return list
}

// Listable reports whether values of the kind can be bound as one list: JSON and
// arrays of arrays do not carry them all.
func Listable(k driver.Kind) bool {
	return k != driver.KindBytes && k != driver.KindJSON && k != driver.KindTextArray
}

// ListValues returns the values of a packed list one by one.
func ListValues(list any) []any {
	switch l := list.(type) {
	case nil:
		return nil
	case []any:
		return l
	case []string:
		return boxed(l)
	case []int64:
		return boxed(l)
	case []float64:
		return boxed(l)
	case []bool:
		return boxed(l)
	case []time.Time:
		return boxed(l)
	}
	return []any{list}
}

func boxed[T any](list []T) []any {
	values := make([]any, len(list))
	for i, v := range list {
		values[i] = v
	}
	return values
}
