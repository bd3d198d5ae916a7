//go:build !plinth_seed

package seed

// Dropped reports whether the guard is dropped in a part: never.
func Dropped(Part) bool { return false }
