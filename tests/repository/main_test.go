package repository_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
)

// TestMain runs the tests in the root of the module.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	leaktest.Main(m)
}
