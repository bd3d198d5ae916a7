package slow_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/toxic"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// deaf remembers the connections of a relay, and makes them what they are after the
// machine at their end is gone: nothing is acknowledged, nothing is refused.
type deaf struct {
	mu      sync.Mutex
	clients []*net.TCPConn
	gone    map[io.Writer]bool
}

// relay passes both directions on, until a connection is gone.
func (d *deaf) relay(client, server net.Conn) {
	d.mu.Lock()
	d.clients = append(d.clients, client.(*net.TCPConn))
	d.mu.Unlock()
	var answers sync.WaitGroup
	answers.Go(func() {
		_, _ = io.Copy(hearing{d, client}, server)
		client.Close()
	})
	_, _ = io.Copy(server, client)
	server.Close()
	answers.Wait()
}

// hearing writes to a connection that is not gone.
type hearing struct {
	d *deaf
	io.Writer
}

func (h hearing) Write(b []byte) (int, error) {
	h.d.mu.Lock()
	gone := h.d.gone[h.Writer]
	h.d.mu.Unlock()
	if gone {
		return len(b), nil
	}
	return h.Writer.Write(b)
}

// leave lets all connections there are be gone. New ones are well.
func (d *deaf) leave(t *testing.T) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	drop := []syscall.SockFilter{{Code: syscall.BPF_RET | syscall.BPF_K}} // what comes in has a length of 0
	d.gone = map[io.Writer]bool{}
	for _, c := range d.clients {
		d.gone[c] = true
		raw, err := c.SyscallConn()
		if err != nil {
			continue // was closed before
		}
		var failed error
		err = raw.Control(func(fd uintptr) {
			//lint:ignore SA1019 what is in its place makes programs, and leaves the call to us
			failed = syscall.AttachLsf(int(fd), drop)
		})
		if err == nil && failed != nil {
			t.Fatal(failed)
		}
	}
	d.clients = nil
}

// TestR5Blackhole loses the server's machine without a word, under a statement
// without a deadline and under a pool of connections nobody uses: the statement
// ends within ten seconds, and who asks next is answered.
func TestR5Blackhole(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	d := &deaf{}
	p := toxic.StartRelay(t, hostOf(t, url), d.relay)
	s := open(t, url, p.Addr().String(), postgres.Options{MaxConns: 8})
	s.warm(t, 7)

	ended := make(chan error)
	begun := time.Now()
	go func() {
		ended <- s.db.TxWith(context.Background(), store.TxOptions{ReadOnly: true}, func(ctx context.Context, tx *store.Tx) error {
			_, err := sleep(ctx, tx, struct{}{})
			return err
		})
	}()
	programtest.Until(t, 15*time.Second, "the statement runs", func() bool { return s.db.Stats().Pools[0].InUse == 1 })
	time.Sleep(500 * time.Millisecond) // it is with the server, and acknowledged
	d.leave(t)
	lost := time.Now()
	time.Sleep(1100 * time.Millisecond) // nobody uses the others

	if a := s.ask(t.Context(), http.MethodGet, "/notes?order=id&limit=2", ""); a.status != http.StatusOK {
		t.Errorf("the next request: status %d after %s: %s", a.status, a.took, a.body)
	} else {
		t.Logf("the next request was answered after %s", a.took)
	}
	for range 10 {
		if a := s.ask(t.Context(), http.MethodGet, "/notes?order=id&limit=2", ""); a.status != http.StatusOK || a.took > programtest.Within(time.Second) {
			t.Errorf("a request after it: status %d after %s: %s", a.status, a.took, a.body)
		}
	}
	err := <-ended
	took := time.Since(lost)
	if err == nil || took > programtest.Within(10*time.Second) {
		t.Errorf("the statement under way: %v, %s after the machine was lost", err, took)
	}
	if !errors.Is(err, store.ErrUnavailable) {
		t.Logf("the statement under way, of database/sql: %v", err)
	}
	t.Logf("the statement under way ended %s after the machine was lost, %s after it began", took, time.Since(begun))
	programtest.Until(t, 15*time.Second, "connections come back", func() bool { return s.db.Stats().Pools[0].InUse == 0 })
}
