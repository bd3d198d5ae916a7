package store

import "sync"

// wakeup tells who waits in this process that the change log may have
// something new. It is a hint: whoever misses one finds the rows by looking.
type wakeup struct {
	readers broadcast // of the log
	commits broadcast // the notifier of other processes
}

// signal reports a commit of this process that wrote to the log. It is called
// on the write path and costs a lock where nobody waits.
func (w *wakeup) signal() {
	w.readers.send()
	w.commits.send()
}

// remote reports a commit of another process. The notifier must not hear of
// it, or two processes would wake each other for ever.
func (w *wakeup) remote() { w.readers.send() }

// broadcast wakes all who wait at once. The zero broadcast is ready to use.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{} // nil while nobody waits
}

// wait returns a channel that is closed by the next send. Taken before a look
// at the log it misses nothing that is committed after the look.
func (b *broadcast) wait() <-chan struct{} {
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
