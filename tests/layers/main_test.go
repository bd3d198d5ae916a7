package layers_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }
