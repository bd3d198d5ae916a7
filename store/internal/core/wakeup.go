package core

import "sync"

// Wakeup signals the waiting goroutines of this process that the change log may have
// new rows. It is a hint: a reader that misses it finds the rows by polling.
type Wakeup struct {
	Readers broadcast // of the log
	Commits broadcast // the notifier of other processes
}

// Signal reports a commit of this process that wrote to the log. It is called on the
// write path and only takes a lock if no goroutine waits.
func (w *Wakeup) Signal() {
	w.Readers.send()
	w.Commits.send()
}

// Remote reports a commit of another process. The notifier does not get it, or two
// processes would wake each other endlessly.
func (w *Wakeup) Remote() { w.Readers.send() }

// broadcast wakes all waiting goroutines at once. The zero broadcast is ready to use.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{} // nil while no goroutine waits
}

// Wait returns a channel that is closed by the next send. Taken before a look
// at the log it misses nothing that is committed after the look.
func (b *broadcast) Wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) send() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}
