package store

// wakeup tells the readers of the change log in this process that there may be
// something new. Signals coalesce.
type wakeup struct {
	ch chan struct{}
}

func newWakeup() *wakeup { return &wakeup{ch: make(chan struct{}, 1)} }

func (w *wakeup) signal() {
	select {
	case w.ch <- struct{}{}:
	default:
	}
}
