package plinth_test

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The server that the tests share ends with the process.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/seed-7694ebf6/plinth/store/storetest/pgtest.(*instance).start.func1"))
}
