// Package leaktest fails the tests of a package that leave goroutines behind.
package leaktest

import "go.uber.org/goleak"

// shared are the goroutines of the PostgreSQL server that the tests of a process share.
// They end with the process.
var shared = []string{
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest.(*instance).start.func1",
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest.startContainer.func1",
	"os/exec.(*Cmd).Start.func2", // copies the log of a container
	"os/exec.(*Cmd).writerDescriptor.func1",
}

// Main runs the tests and ends the process; call it in TestMain. It fails if the tests pass
// but leave goroutines other than those of the shared server.
func Main(m goleak.TestingM, opts ...goleak.Option) {
	for _, name := range shared {
		opts = append(opts, goleak.IgnoreAnyFunction(name))
	}
	goleak.VerifyTestMain(m, opts...)
}
