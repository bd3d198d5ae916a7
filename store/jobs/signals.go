package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

const (
	channel = "plinth_jobs"

	// notifyPause is the shortest time between two signals of one process. A signal
	// takes a lock on the whole database.
	notifyPause = 10 * time.Millisecond

	// listenPause is the time before a broken connection is opened again.
	listenPause = 5 * time.Second

	// minConnections is the size of a pool of which listening takes a connection.
	minConnections = 4
)

// signals wake workers when there may be jobs: those of this process, and through the
// database those of others. Workers poll where it does not work.
type signals struct {
	db     *store.DB
	logger *slog.Logger
	self   string        // this process
	unsent chan struct{} // there are jobs of which other processes do not know

	mu      sync.Mutex
	workers []*worker // while [Jobs.Run] runs
}

func newSignals(db *store.DB, logger *slog.Logger) *signals {
	return &signals{db: db, logger: logger, self: rand.Text(), unsent: make(chan struct{}, 1)}
}

// send wakes the workers of all processes.
func (s *signals) send() {
	s.wakeWorkers()
	wake(s.unsent)
}

// wakeWorkers wakes the workers of this process.
func (s *signals) wakeWorkers() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.workers {
		wake(w.wake)
	}
}

// wake wakes the goroutine that receives from c, now or when it is ready.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// notify signals to other processes that there are new jobs, once for all commits since the
// last signal.
func (s *signals) notify(ctx context.Context) {
	l := s.db.Listener()
	if l == nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.unsent:
		}
		pause := notifyPause
		if err := l.Notify(ctx, channel, s.self); err != nil && ctx.Err() == nil {
			pause = listenPause
			s.logger.WarnContext(ctx, "jobs: other processes were not notified of new jobs", slog.Any("error", err))
		}
		sleep(ctx, pause)
	}
}

// listen wakes the workers of this process when another one has enqueued jobs. It holds a
// connection.
func (s *signals) listen(ctx context.Context) {
	l := s.db.Listener()
	for _, pool := range s.db.Stats().Pools {
		if pool.Max-pool.Reserve < minConnections {
			l = nil
		}
	}
	if l == nil {
		return
	}
	for ctx.Err() == nil {
		err := l.Listen(ctx, channel, func(from string) {
			if from != s.self {
				s.wakeWorkers()
			}
		})
		if errors.Is(err, errors.ErrUnsupported) {
			return
		}
		if ctx.Err() == nil {
			s.logger.WarnContext(ctx, "jobs: signals of other processes are interrupted", slog.Any("error", err))
			sleep(ctx, listenPause)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
