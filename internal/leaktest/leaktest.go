// Package leaktest fails the tests of a package that leave goroutines behind.
package leaktest

import "go.uber.org/goleak"

// shared are the goroutines of the PostgreSQL server that the tests of a process share,
// which ends with the process: of one that was started here, and of the connection to one
// in a container, which keeps that alive.
var shared = []string{
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest.(*instance).start.func1",
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest.attach.func1",
	"github.com/ory/dockertest/v3/docker.(*Client).hijack.func1",
	"github.com/ory/dockertest/v3/docker.(*Client).hijack.func1.1",
	"github.com/ory/dockertest/v3/docker.(*Client).hijack.func1.2",
}

// Main is to be called by TestMain. It runs the tests and ends the process: with an error
// also where they pass and goroutines are left that are not the shared server's.
func Main(m goleak.TestingM, opts ...goleak.Option) {
	for _, name := range shared {
		opts = append(opts, goleak.IgnoreAnyFunction(name))
	}
	goleak.VerifyTestMain(m, opts...)
}
