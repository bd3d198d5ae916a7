package repository_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// mostListFiles is how many files may have code that runs for a list.
const mostListFiles = 110

// ran matches a line of a coverage profile with a count.
var ran = regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(module) + `/(\S+):\S+ \d+ [1-9]\d*$`)

// TestFilesOfList counts the files that a reader passes on the way of one list.
func TestFilesOfList(t *testing.T) {
	t.Parallel()
	programtest.SkipShort(t)
	dir := t.TempDir()
	program, profile := filepath.Join(dir, "onelist"), filepath.Join(dir, "profile")
	for _, args := range [][]string{
		{"go", "build", "-cover", "-covermode=atomic", "-coverpkg=" + module + "/...", "-o", program, "./tests/repository/onelist"},
		{program, dir},
		{"go", "tool", "covdata", "textfmt", "-i", dir, "-o", profile},
	} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", args[0], err, out)
		}
	}
	files := map[string]bool{}
	for _, line := range ran.FindAllStringSubmatch(read(t, profile), -1) {
		if !strings.HasPrefix(line[1], "tests/") {
			files[line[1]] = true
		}
	}
	t.Logf("code of %d files ran", len(files))
	if len(files) > mostListFiles || len(files) < 50 {
		t.Errorf("%d files, at most %d", len(files), mostListFiles)
	}
}
