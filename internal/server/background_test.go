package server_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/server"
)

// What fails or panics begins again after a pause, until the end.
func TestBackgroundBeginsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var times atomic.Int32
		begun := time.Now()
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		server.RunJobs(ctx, slog.New(slog.NewTextHandler(&log, nil)), server.Job{Name: "mails", Pause: 10 * time.Second, Work: func(context.Context) error {
			switch times.Add(1) {
			case 1:
				return errors.New("no route")
			case 2:
				panic("out of paper")
			}
			return nil
		}})
		if n, took := times.Load(), time.Since(begun); n != 3 || took != 20*time.Second {
			t.Errorf("%d times within %s", n, took)
		}
		for _, want := range []string{`msg="mails failed and is restarted" error="no route"`, "panic: out of paper", "TestBackgroundBeginsAgain"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log has no %q:\n%s", want, &log)
			}
		}

		begun = time.Now()
		server.RunJobs(ctx, slog.New(slog.DiscardHandler), server.Job{Name: "mails", Pause: 10 * time.Second, Work: func(context.Context) error { return errors.New("never") }})
		if took := time.Since(begun); took != 40*time.Second {
			t.Errorf("it ended after %s, its context after 40s", took)
		}
	})
}
