package core

import "testing"

func TestWakeupOfOthersIsNotSentOn(t *testing.T) {
	t.Parallel()
	w := new(Wakeup)
	a, b, commits := w.Readers.Wait(), w.Readers.Wait(), w.Commits.Wait()
	w.Remote()
	for _, ch := range []<-chan struct{}{a, b} {
		select {
		case <-ch:
		default:
			t.Error("a reader was not woken")
		}
	}
	select {
	case <-commits:
		t.Error("the notifier got another process's commit")
	default:
	}
	select {
	case <-w.Readers.Wait():
		t.Error("a signal of the past woke a reader")
	default:
	}
}
