// Package deploy_test lets the programs that will read these files judge them.
package deploy_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
)

func TestMain(m *testing.M) {
	leaktest.Main(
		m,
		goleak.Cleanup(func(code int) {
			if file, err := buildApp(); err == nil {
				_ = os.RemoveAll(filepath.Dir(file))
			}
			os.Exit(code)
		}),
	)
}
