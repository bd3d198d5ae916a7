package programtest

import (
	"testing"
	"time"
)

// Until waits until a condition holds and ends the test if it does not within limit. The message of the failure is what.
func Until(tb testing.TB, limit time.Duration, what string, holds func() bool) {
	tb.Helper()
	for begun := time.Now(); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > limit {
			tb.Fatalf("not within %s: %s", limit, what)
		}
	}
}
