package bench_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
)

var (
	compare  = flag.Bool("compare", false, "measure in TestCompare; without it the answers are compared only")
	growth   = flag.Bool("series", false, "measure in TestSeries; without it the answers are compared only")
	engines  = flag.String("engine", "both", "sqlite, postgres or both")
	only     = flag.String("cases", "", "run only cases, or series, whose name matches this regular expression")
	rounds   = flag.Int("rounds", 0, "rounds of each case; one measures both sides (default 9, of a series 5)")
	seconds  = flag.Float64("seconds", 0.6, "seconds a side is measured in a round")
	report   = flag.String("report", "", "document whose measured parts are replaced, plots are put into a folder beside it; relative to this package")
	against  = flag.String("against", "", "test binary of this package at another commit (go test -c), whose Plinth takes the place of the hand-written side")
	profiles = flag.String("profiles", "", "folder for CPU and allocation profiles of the servers; relative to this package")
)

// role is what a process of the test binary is, told in its environment.
const (
	roleVariable = "PLINTH_BENCH_ROLE"
	roleLoad     = "load"
	roleServer   = "server"
)

// clients is the number of connections that ask at the same time.
const clients = 32

// roundCount is the number of rounds: a series has many points, which vouch for
// each other.
func roundCount() int {
	switch {
	case *rounds > 0:
		return *rounds
	case *growth:
		return 5
	}
	return 9
}

// duration is how long a side is measured in a round.
func duration() time.Duration { return time.Duration(*seconds * float64(time.Second)) }

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(roleVariable) {
	case roleLoad:
		err = runLoad(json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout))
	case roleServer:
		err = runServer(json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout))
	default:
		leaktest.Main(m)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
