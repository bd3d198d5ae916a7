package programtest_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for list, want := range map[string][]string{
		"": nil, "nginx": {"nginx"}, "redis-server, postgres,": {"redis-server", "postgres"},
	} {
		if got, err := programtest.Parse(list); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", list, got, err, want)
		}
	}
	for _, list := range []string{"Nginx", "yes", "postgres,ngnix", "postgres docker"} {
		if got, err := programtest.Parse(list); err == nil || got != nil {
			t.Errorf("%q: %q, want an error", list, got)
		}
	}
}

// noted is a test that notes how it ends.
type noted struct {
	testing.TB
	failed, skipped bool
}

func (n *noted) Helper()               {}
func (n *noted) Fatal(...any)          { n.failed = true; runtime.Goexit() }
func (n *noted) Fatalf(string, ...any) { n.failed = true; runtime.Goexit() }
func (n *noted) Skipf(string, ...any)  { n.skipped = true; runtime.Goexit() }

func TestMissing(t *testing.T) {
	for _, tt := range []struct {
		list, name string
		failed     bool
	}{
		{"", "nginx", false},
		{"haproxy", "nginx", false},
		{"haproxy, nginx", "nginx", true},
		{"ngnix", "nginx", true},
		{"", "a program nobody has listed", true},
	} {
		t.Run(fmt.Sprint(tt.list, " ", tt.name), func(t *testing.T) {
			t.Setenv(programtest.Env, tt.list)
			n := &noted{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				programtest.Missing(n, tt.name, "nobody knows")
			}()
			<-done
			if n.failed != tt.failed || n.skipped == tt.failed {
				t.Errorf("failed: %v, skipped: %v", n.failed, n.skipped)
			}
		})
	}
}
