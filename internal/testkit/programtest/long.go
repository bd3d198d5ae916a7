package programtest

import (
	"os"
	"testing"
	"time"
)

// LongEnv is the environment variable that asks for the long form of tests: more samples, and bounds of time and load.
const LongEnv = "PLINTH_TEST_LONG"

// LongOnly begins the reason why a test is skipped that has a long form only.
const LongOnly = "long form only"

// Long reports whether tests run in their long form.
func Long() bool { return os.Getenv(LongEnv) == "1" }

// SkipShort skips a test that judges time or load unless tests run in their long form, beside nothing else.
func SkipShort(tb testing.TB) {
	tb.Helper()
	if !Long() {
		tb.Skip(LongOnly + ": " + LongEnv + "=1 runs it")
	}
}

// Within returns the bound of time that a test holds: limit in the long form. In the everyday run other programs may have
// the processors, so the bound only ends what would never end.
func Within(limit time.Duration) time.Duration {
	if Long() {
		return limit
	}
	return max(limit, time.Minute)
}
