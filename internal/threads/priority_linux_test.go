package threads_test

import (
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/threads"
)

// TestGiveWay: a goroutine that gives way is all that does, and nothing runs on its thread
// after it.
func TestGiveWay(t *testing.T) {
	// As the kernel tells it: 20 less what nice is.
	priority := func() int {
		p, err := syscall.Getpriority(syscall.PRIO_PROCESS, syscall.Gettid())
		if err != nil {
			t.Error(err)
		}
		return p
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	usual := priority()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			threads.GiveWay()
			if got := priority(); got != usual-5 {
				t.Errorf("it gives way: priority %d, want %d", got, usual-5)
			}
		})
		wg.Go(func() {
			if got := priority(); got != usual {
				t.Errorf("beside it: priority %d, want %d", got, usual)
			}
		})
	}
	wg.Go(func() { // as in a program that was started with a nice value
		runtime.LockOSThread()
		if err := syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), 20-usual+8); err != nil {
			t.Error(err)
		}
		threads.GiveWay()
		if got := priority(); got != usual-13 {
			t.Errorf("it gives way where others do already: priority %d, want %d", got, usual-13)
		}
	})
	wg.Wait()
	for range 100 {
		wg.Go(func() {
			if got := priority(); got != usual {
				t.Errorf("after it: priority %d, want %d", got, usual)
			}
		})
	}
	wg.Wait()
	if got := priority(); got != usual {
		t.Errorf("who waits for it: priority %d, want %d", got, usual)
	}
}
