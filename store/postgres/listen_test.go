package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// listenTest listens until the test ends. Nothing tells when it has begun, so it
// signals until it hears itself.
func listenTest(t *testing.T, d *database) (payloads <-chan string, ended <-chan error, stop context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	heard, done := make(chan string, 1000), make(chan error, 1)
	go func() { done <- d.Listen(ctx, "Test channel", func(payload string) { heard <- payload }) }()
	programtest.Until(t, 20*time.Second, "a signal arrives", func() bool {
		if err := d.Notify(t.Context(), "Test channel", "begin"); err != nil {
			t.Fatal(err)
		}
		return len(heard) > 0
	})
	return heard, done, cancel
}

func TestListen(t *testing.T) {
	t.Parallel()
	d := openTest(t, nil)
	heard, ended, stop := listenTest(t, d)
	if err := d.Notify(t.Context(), "another", "wrong"); err != nil {
		t.Fatal(err)
	}
	if err := d.Notify(t.Context(), "Test channel", "it's"); err != nil {
		t.Fatal(err)
	}
	for {
		select {
		case got := <-heard:
			if got == "begin" {
				continue
			}
			if got != "it's" {
				t.Errorf("heard %q", got)
			}
		case <-time.After(20 * time.Second):
			t.Error("the signal did not come within 20 seconds")
		}
		break
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Listen = %v at the end of its context", err)
	}
	if n := d.pool.Stat().TotalConns(); n > 2 {
		t.Errorf("%d connections are open", n)
	}
}

func TestListenLosesItsConnection(t *testing.T) {
	t.Parallel()
	d := openTest(t, nil)
	_, ended, _ := listenTest(t, d)
	mustExec(t, d, `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen %'`)
	select {
	case err := <-ended:
		if !errors.Is(err, driver.ErrUnavailable) {
			t.Errorf("Listen = %v, want ErrUnavailable", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Listen did not notice within 20 seconds")
	}
	if err := d.Notify(t.Context(), "Test channel", ""); err != nil {
		t.Errorf("Notify afterwards: %v", err)
	}
}

func TestListenNeedsAConnectionToKeep(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]*Options{"a pool of one": {MaxConns: 1}, "a pooler": {Pooler: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openTest(t, opts)
			if err := d.Listen(t.Context(), "c", func(string) {}); !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("Listen = %v, want ErrUnsupported", err)
			}
		})
	}
}
