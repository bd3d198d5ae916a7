package programtest

import (
	"os"
	"os/exec"
	"slices"
	"testing"
)

// Path returns the path of an installed program; Debian keeps some where only root
// looks. Without it tb is skipped or failed, see [Missing].
func Path(tb testing.TB, name string) string {
	tb.Helper()
	for _, candidate := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil && !(Without() && slices.Contains(names, name)) {
			return path
		}
	}
	Missing(tb, name, "it is not installed")
	return ""
}

// File looks for a file or folder of something that is installed. Without it tb is
// skipped or failed, see [Missing].
func File(tb testing.TB, name, path, why string) {
	tb.Helper()
	if _, err := os.Stat(path); err != nil || Without() {
		Missing(tb, name, why)
	}
}
