// Package threads lets Go run on more threads than there are processors while a program
// computes for long.
//
// What never waits, as the hash of a password does not, keeps its thread for 10 ms at a
// time, and Go looks at the network as seldom while such work has all of its threads. With
// threads to spare the kernel shares the processors among them, and requests are answered
// beside the work, sooner if that gives way to them. Threads are not free, since they are
// woken and put to sleep more often, so they are lent for as long as there is much of that
// work and not for good.
package threads

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// window is how long work is counted before it is judged.
const window = 5 * time.Second

// often is how many pieces of work in a window are much, for each processor that Go uses:
// two a second of some 20 ms.
const often = 10

// Lender lends threads to the process. All its methods may be called at the same time.
type Lender struct {
	often  int64
	recent atomic.Int64
	much   chan struct{} // has room for one
}

// New returns a Lender that has lent nothing.
func New() *Lender {
	return &Lender{often: int64(often * runtime.GOMAXPROCS(0)), much: make(chan struct{}, 1)}
}

// Note says that a piece of work begins that takes some 20 ms of a processor.
func (l *Lender) Note() {
	if l.recent.Add(1) == l.often {
		select {
		case l.much <- struct{}{}:
		default:
		}
	}
}

// Run lends threads as soon as there is much work, takes them back once there has been
// less than half as much for a while, and at its end, which is that of ctx. Call it once.
func (l *Lender) Run(ctx context.Context) {
	lent := false
	defer func() {
		if lent {
			takeBack()
		}
	}()
	for tick := time.NewTicker(window); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-l.much:
			if !lent {
				lend()
				lent = true
			}
		case <-tick.C:
			if few := l.recent.Swap(0) < l.often/2; few && lent {
				takeBack()
				lent = false
			}
		}
	}
}

// process is what the Lenders of a process have in common: its number of threads.
var process struct {
	sync.Mutex

	borrowers int
	usual     int
}

// lend gives Go as many threads again as it has, so that the rest has one for each
// processor beside the work, and one that is left to listen to the network. More make
// requests wait, since each of them that has nothing to do joins in when garbage is
// collected.
func lend() {
	process.Lock()
	defer process.Unlock()
	if process.borrowers++; process.borrowers == 1 {
		process.usual = runtime.GOMAXPROCS(0)
		runtime.GOMAXPROCS(2*process.usual + 1)
	}
}

func takeBack() {
	process.Lock()
	defer process.Unlock()
	if process.borrowers--; process.borrowers == 0 {
		runtime.GOMAXPROCS(process.usual)
	}
}
