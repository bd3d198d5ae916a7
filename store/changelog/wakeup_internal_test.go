package changelog

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/store/internal/core"
)

// fakeListener notes when signals are sent.
type fakeListener struct {
	sent   []time.Time
	notify func() error
}

func (l *fakeListener) Listen(ctx context.Context, _ string, _ func(string)) error {
	<-ctx.Done()
	return ctx.Err()
}

func (l *fakeListener) Notify(context.Context, string, string) error {
	l.sent = append(l.sent, time.Now())
	if l.notify != nil {
		return l.notify()
	}
	return nil
}

func TestNotifierSendsOnceForManyCommits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := &core.DB{Wake: new(core.Wakeup), Options: core.Options{Logger: slog.New(slog.DiscardHandler)}}
		l := &fakeListener{}
		ctx, cancel := context.WithCancel(t.Context())
		go notify(ctx, db, l, "self")
		synctest.Wait()
		begun := time.Now()
		var last time.Time
		for range 100 {
			last = time.Now()
			db.Wake.Signal()
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(l.sent); n < 10 || n > 11 {
			t.Errorf("%d signals for commits during 100 ms, want one each 10 ms", n)
		}
		if wait := l.sent[0].Sub(begun); wait != 0 {
			t.Errorf("the first signal came after %v", wait)
		}
		for i := 1; i < len(l.sent); i++ {
			if gap := l.sent[i].Sub(l.sent[i-1]); gap < notifyPause {
				t.Errorf("two signals within %v", gap)
			}
		}
		if end := l.sent[len(l.sent)-1]; end.Before(last) {
			t.Errorf("no signal after the last commit, the last one %v before", last.Sub(end))
		}
		cancel()
		synctest.Wait()
	})
}

func TestNotifierHearsCommitsWhileItSends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := &core.DB{Wake: new(core.Wakeup), Options: core.Options{Logger: slog.New(slog.DiscardHandler)}}
		l := &fakeListener{}
		l.notify = func() error {
			if len(l.sent) < 3 {
				db.Wake.Signal() // the signal on its way may be too early for it
			}
			if len(l.sent) == 1 {
				return errors.New("no connection")
			}
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		go notify(ctx, db, l, "self")
		synctest.Wait()
		db.Wake.Signal()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(l.sent); n != 3 {
			t.Errorf("%d signals, want 3", n)
		}
		cancel()
		synctest.Wait()
	})
}
