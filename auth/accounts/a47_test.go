package accounts_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestA47Forged: 10,000 forged tokens and API keys are not remembered, and the token
// of a user still works among them.
func TestA47Forged(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		token := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		head, _, _ := strings.Cut(token, ".")
		for i := range 10_000 {
			if _, err := w.a.Verify(t.Context(), fmt.Sprintf("%s.%08d.%086d", head, i, i)); err == nil {
				t.Fatal("a forged token holds")
			}
		}
		if n := w.a.Remembered(); n > 1 {
			t.Errorf("%d credentials are remembered", n)
		}
		if _, err := w.a.Verify(t.Context(), token); err != nil {
			t.Error(err)
		}
	})
}
