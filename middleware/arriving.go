package middleware

import (
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// arriving lets what has arrived at the sockets of this process come in. The scheduler
// looks at the network when no goroutine is ready, and else once in 10 ms: where requests
// in work keep a processor busy, one after the other, whoever arrives waits that long only
// to be refused. So there is a pipe that is waited for like a request, and all who come to
// wait meanwhile do so for the same byte: then nobody is ready, and the scheduler looks.
type arriving struct {
	in, out *os.File // nil where there is no pipe
	ready   syscall.RawConn

	mu    sync.Mutex
	round chan struct{} // closed once all have come in; nil while nobody waits
	vain  time.Time     // until when waiting is in vain
}

func newArriving() *arriving {
	in, out, err := os.Pipe()
	if err != nil { // as when files are wanting
		return new(arriving)
	}
	ready, err := in.SyscallConn()
	if err != nil {
		_, _ = in.Close(), out.Close()
		return new(arriving)
	}
	return &arriving{in: in, out: out, ready: ready}
}

// inVain is after how long the scheduler has come to look as it always does: something else
// keeps the processors busy, and whoever waits here only comes later.
const inVain = 8 * time.Millisecond

// wait returns when those have had their turn who had arrived or were ready.
func (a *arriving) wait() {
	began := time.Now()
	a.mu.Lock()
	round := a.round
	switch {
	case round != nil:
		a.mu.Unlock()
		<-round
		return
	case a.in == nil || began.Before(a.vain):
		a.mu.Unlock()
		runtime.Gosched()
		return
	}
	round = make(chan struct{})
	a.round = round
	a.mu.Unlock()

	a.look()
	if time.Since(began) < inVain {
		runtime.Gosched() // for those whom the scheduler has found beside this one
	}
	a.mu.Lock()
	a.round = nil
	if now := time.Now(); now.Sub(began) > inVain {
		a.vain = now.Add(20 * inVain)
	}
	a.mu.Unlock()
	close(round)
}

// look sends a byte through the pipe and waits until the scheduler has found it.
func (a *arriving) look() {
	var b [1]byte
	sent := false
	// Sent by the reader, when it has said that it will wait: a byte that is there when it
	// begins is read without waiting.
	_ = a.ready.Read(func(uintptr) bool {
		if sent {
			return true
		}
		_, err := a.out.Write(b[:])
		sent = err == nil
		return !sent
	})
	if sent {
		_, _ = a.in.Read(b[:])
	}
}
