package programtest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// Env is the environment variable that says what tests may not do without.
const Env = "PLINTH_TEST_REQUIRE"

// WithoutEnv is the environment variable that, set to 1, makes tests do without every program but Go, as on a machine
// that has nothing else.
const WithoutEnv = "PLINTH_TEST_WITHOUT"

// Without reports whether tests do without every program but Go, and what belongs to every system, such as a shell.
func Without() bool { return os.Getenv(WithoutEnv) == "1" }

// names are all that it may ask for: programs, files of other projects, and tools that
// the Go command fetches. What postgres and docker ask for, package pgtest says.
var names = []string{
	"chromium", "curl", "docker", "go-tools", "haproxy", "iso-codes", "nginx", "node", "npm-packages", "pebble", "pg_dump", "pg_restore", "pgbouncer",
	"postgres", "prometheus", "promtool", "redis-server", "sqlite3",
}

// Parse reads a list of names as [Env] has it.
func Parse(list string) (required []string, err error) {
	for name := range strings.SplitSeq(list, ",") {
		switch name = strings.TrimSpace(name); {
		case name == "":
		case slices.Contains(names, name):
			required = append(required, name)
		default:
			return nil, fmt.Errorf("%s has %q: want one of %s", Env, name, strings.Join(names, ", "))
		}
	}
	return required, nil
}

// Missing skips tb, or fails it where [Env] has the name. Why may say how to get it.
func Missing(tb testing.TB, name, why string) {
	tb.Helper()
	required, err := Parse(os.Getenv(Env))
	switch {
	case err != nil:
		tb.Fatal(err)
	case !slices.Contains(names, name):
		tb.Fatalf("%q cannot be required: add it to the list of package programtest", name)
	case slices.Contains(required, name):
		tb.Fatalf("%s is required: %s", name, why)
	}
	tb.Skipf("without %s: %s", name, why)
}
