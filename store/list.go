package store

import "time"

// packList turns bound values of one kind into one slice. NULLs are left out:
// in a list they equal nothing.
func packList(k Kind, values []any) any {
	switch k {
	case KindInt:
		return packed[int64](values)
	case KindFloat:
		return packed[float64](values)
	case KindBool:
		return packed[bool](values)
	case KindTimestamp:
		return packed[time.Time](values)
	case KindBytes, KindJSON, KindTextArray:
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

// listable reports whether values of the kind can be bound as one list: JSON and
// arrays of arrays do not carry them all.
func listable(k Kind) bool { return k != KindBytes && k != KindJSON && k != KindTextArray }

// listValues returns the values of a packed list one by one.
func listValues(list any) []any {
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
