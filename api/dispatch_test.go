package api_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
)

var updateDispatch = flag.Bool("update-dispatch", false, "write testdata/dispatch.txt")

// The dispatch table is written down, so that the tests of tests/security/gate can
// walk it: an entry that is new there fails until an attack on it exists.
func TestDispatchTable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, e := range api.Entries() {
		b.WriteString(strings.TrimSpace(e.Method+" "+e.Shape+" "+e.Part) + "\n")
	}
	const file = "testdata/dispatch.txt"
	if *updateDispatch {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != string(want) {
		t.Errorf("the dispatch table has changed; -update-dispatch writes it down, then tests/security/gate needs a row for what is new\ngot\n%s\nwant\n%s", got, want)
	}
}
