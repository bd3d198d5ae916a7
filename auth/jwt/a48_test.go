package jwt_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestA48 (security list A-48): excessive tokens are refused before they are parsed. It
// measures, so it does not run in parallel.
func TestA48(t *testing.T) {
	jwe := strings.Join([]string{
		b64(`{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483648,"p2s":"c2FsdA"}`),
		b64("key"), b64("iv"), b64("text"), b64("tag"),
	}, ".")
	atTheLimit := good()
	atTheLimit.payload = goodClaims(map[string]any{"x": strings.Repeat("x", 5800)})
	over := good()
	over.payload = goodClaims(map[string]any{"x": strings.Repeat("x", 6200)})

	tests := []struct {
		name   string
		token  string
		want   string
		allocs float64
	}{
		{"MegabyteOfDots", strings.Repeat(".", 1<<20), refused, 8},
		{"LimitOfDots", strings.Repeat(".", auth.MaxTokenSize), refused, 8},
		{"MegabyteHeader", strings.Repeat("A", 1<<20) + "." + b64("{}") + ".AA", refused, 8},
		{"JWEWithCostlyKey", jwe, refused, 8},
		{"JWEOfDots", "....", refused, 8},
		{"GoodButOverTheLimit", over.String(), refused, 8},
		{"GoodBelowTheLimit", atTheLimit.String(), "ok", 500},
		{"HeaderOfBrackets", b64(strings.Repeat("[", 5000)) + "." + b64("{}") + ".AA", refused, 500},
	}
	v := verifier(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := outcome(t, v, tt.token); got != tt.want {
				t.Errorf("outside sees %q, want %q", got, tt.want)
			}
			best := time.Hour
			allocs := testing.AllocsPerRun(5, func() {
				start := time.Now()
				_, _ = v.Verify(t.Context(), tt.token)
				best = min(best, time.Since(start))
			})
			if allocs > tt.allocs || best > programtest.Within(5*time.Millisecond) {
				t.Errorf("took %v and %v allocations", best, allocs)
			}
		})
	}
}
