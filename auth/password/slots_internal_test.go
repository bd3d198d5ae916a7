package password

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestSlotsAreCounted: Concurrent hashes are computed at a time, and the next one waits for
// at most Wait.
func TestSlotsAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, err := New(Config{Memory: 64, Time: 1, Concurrent: 2, Wait: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			if err := h.acquire(t.Context()); err != nil {
				t.Fatalf("slot %d: %v", i+1, err)
			}
		}
		began := time.Now()
		if _, err := h.Hash(t.Context(), "correct horse"); !errors.Is(err, ErrBusy) || time.Since(began) != time.Second {
			t.Errorf("beside two others: %v after %v, want ErrBusy after 1s", err, time.Since(began))
		}
		h.release()
		if _, err := h.Hash(t.Context(), "correct horse"); err != nil {
			t.Errorf("beside one: %v", err)
		}
	})
}
