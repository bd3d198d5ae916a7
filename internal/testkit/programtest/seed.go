package programtest

import (
	"os"
	"strconv"
	"testing"
)

// SeedEnv is the environment variable with the seed of tests that generate their input, to repeat a run that failed.
const SeedEnv = "PLINTH_TEST_RANDOM"

// Seed returns the seed that [SeedEnv] names, or else the given one, and logs it.
func Seed(tb testing.TB, otherwise uint64) uint64 {
	tb.Helper()
	seed := otherwise
	if text := os.Getenv(SeedEnv); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			tb.Fatalf("%s: %v", SeedEnv, err)
		}
	}
	tb.Logf("%s=%d", SeedEnv, seed)
	return seed
}
