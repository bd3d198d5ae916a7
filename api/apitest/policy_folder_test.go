package apitest_test

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
)

// The first golden file of a package has no folder yet.
func TestPolicyMakesItsFolder(t *testing.T) {
	t.Setenv("PLINTH_TEST_UPDATE", "1")
	golden := filepath.Join(t.TempDir(), "testdata", "first.policy")
	var opened atomic.Int64
	apitest.Policy(t, apitest.Matrix{
		Open:    shelf(&opened),
		Callers: []apitest.Caller{{Name: "ann", Principal: authtest.User("ann")}},
		Rows:    []apitest.Row{{Name: "a book", Path: "/books/1"}},
		Golden:  golden,
	})
	if _, err := os.Stat(golden); err != nil {
		t.Error(err)
	}
}
