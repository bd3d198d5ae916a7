//go:build plinth_seed

package seed

import "os"

// Dropped reports whether the guard is dropped in a part.
func Dropped(p Part) bool { return p != "" && os.Getenv("PLINTH_SEED") == string(p) }
