package programtest_test

import (
	"errors"
	"net"
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestServe starts a program again at another address if the first one was taken.
func TestServe(t *testing.T) {
	t.Parallel()
	shell := programtest.Path(t, "sh")
	var tried []string
	_, addrs := programtest.Serve(t, 1, func(addrs []string) *programtest.Process {
		tried = append(tried, addrs[0])
		if len(tried) == 1 {
			return programtest.Start(t, nil, shell, "-c", "echo 'bind: Address already in use'")
		}
		l, err := net.Listen("tcp", addrs[0])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return programtest.Start(t, nil, shell, "-c", "exec sleep 60")
	})
	if len(tried) != 2 || tried[0] == tried[1] || addrs[0] != tried[1] {
		t.Errorf("tried %q, serves at %q", tried, addrs)
	}
}

func TestOnFreePorts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err   error
		calls int
	}{
		{nil, 1},
		{net.ErrClosed, 1},
		{errors.Join(net.ErrClosed, programtest.ErrInUse), 5},
	} {
		calls := 0
		err := programtest.OnFreePorts(3, func(addrs []string) error {
			calls++
			if slices.Sort(addrs); len(slices.Compact(addrs)) != 3 {
				t.Errorf("addresses %q", addrs)
			}
			return tt.err
		})
		if err != tt.err || calls != tt.calls {
			t.Errorf("%v after %d calls, want %v after %d", err, calls, tt.err, tt.calls)
		}
	}
}

// TestHandOver gives a listener to one server, with the clients that came before.
func TestHandOver(t *testing.T) {
	t.Parallel()
	addr := programtest.Listen(t)
	client, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	l, err := programtest.HandOver(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if conn.RemoteAddr().String() != client.LocalAddr().String() {
		t.Errorf("accepted %s, want %s", conn.RemoteAddr(), client.LocalAddr())
	}
	if _, err := programtest.HandOver(t.Context(), "tcp", addr); err == nil {
		t.Error("a second server gets the listener")
	}
}
