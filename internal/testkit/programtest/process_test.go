package programtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestProcess runs a program until it is stopped.
func TestProcess(t *testing.T) {
	t.Parallel()
	shell := programtest.Path(t, "sh")
	p := programtest.Start(t, []string{"WHO=me"}, shell, "-c", `trap 'echo ended; exit 3' TERM; echo "$WHO"; while :; do sleep 0.01; done`)
	programtest.Until(t, 20*time.Second, "the program writes", func() bool { return strings.Contains(p.Output(), "me") })
	first, again := p.Stop(), p.Stop()
	if first == nil || first.Error() != "exit status 3" || again != first {
		t.Errorf("it ends with %v, and then %v", first, again)
	}
	if want := "me\nended\n"; p.Output() != want {
		t.Errorf("it says %q, want %q", p.Output(), want)
	}
}
