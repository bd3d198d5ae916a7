package plinthtest_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }
