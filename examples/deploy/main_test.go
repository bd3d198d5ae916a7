// Package deploy_test lets the programs that will read these files judge them.
package deploy_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(
		m,
		// The database server of the process, which ends with it.
		goleak.IgnoreAnyFunction("github.com/seed-7694ebf6/plinth/store/storetest/pgtest.(*instance).start.func1"),
		goleak.Cleanup(func(code int) {
			if file, err := buildApp(); err == nil {
				_ = os.RemoveAll(filepath.Dir(file))
			}
			os.Exit(code)
		}),
	)
}
