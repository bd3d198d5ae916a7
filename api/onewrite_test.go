package api_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/internal/respwriter"
	"github.com/seed-7694ebf6/plinth/store"
)

// countedListener counts the writes of its connections.
type countedListener struct {
	net.Listener
	writes *atomic.Int64
}

type countedConn struct {
	*net.TCPConn
	writes *atomic.Int64
}

func (l countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countedConn{c.(*net.TCPConn), l.writes}, nil
}

func (c countedConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.TCPConn.Write(p)
}

// TestListsLeaveByOneWrite asks for answers below and above what net/http buffers,
// from a server as an application has it.
func TestListsLeaveByOneWrite(t *testing.T) {
	t.Parallel()
	db := memory(t)
	h := serve(t, db, api.Config{}, api.Resource[note]{Policy: api.OwnedBy("owner_id")})
	for i := range 100 {
		n := note{OwnerID: ann, Title: fmt.Sprint("title ", i), Key: "k", Body: "body"}
		if err := store.For[note](db).Insert(t.Context(), &n); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, writes, done := &http.Server{Handler: h}, new(atomic.Int64), make(chan error)
	go func() { done <- server.Serve(respwriter.Serve(server, countedListener{l, writes})) }()
	for _, limit := range []int{1, 20, 100} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("http://%s/notes?limit=%d", l.Addr(), limit), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Caller", "ann")
		before := writes.Load()
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(got.Body)
		if n := writes.Load() - before; got.StatusCode != http.StatusOK || err != nil || n != 1 {
			t.Errorf("%d rows: status %d, %v, %d bytes by %d writes", limit, got.StatusCode, err, len(body), n)
		}
		got.Body.Close()
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}
