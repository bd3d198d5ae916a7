package programtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a program may take to listen.
const patience = 20 * time.Second

// opened holds the listeners of Listen until HandOver takes them.
var opened sync.Map // by address

// Listen opens a listener on a free port of 127.0.0.1 and returns its address. [HandOver] gives the listener to the server
// under test, so that no other program can take the port in between. Clients that connect earlier wait for the server.
func Listen(tb testing.TB) (addr string) {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	addr = l.Addr().String()
	opened.Store(addr, l)
	tb.Cleanup(func() {
		opened.Delete(addr)
		_ = l.Close() // the server may have done so
	})
	return addr
}

// inherited is the environment variable with the addresses of the listeners that a process has from [Inherit].
const inherited = "PLINTH_TEST_LISTENERS"

// Inherit gives listeners of [Listen] to a command that has not started, in which [HandOver] returns them. They stay open
// in this process, so that a second command can inherit them after the first.
func Inherit(tb testing.TB, cmd *exec.Cmd, addrs ...string) {
	tb.Helper()
	for _, addr := range addrs {
		l, ok := opened.Load(addr)
		if !ok {
			tb.Fatalf("no listener at %s", addr)
		}
		file, err := l.(*net.TCPListener).File()
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = file.Close() })
		cmd.ExtraFiles = append(cmd.ExtraFiles, file)
	}
	cmd.Env = append(cmd.Environ(), inherited+"="+strings.Join(addrs, ","))
}

// HandOver returns the listener at an address that [Listen] opened or that this process has inherited, once. It is for fields
// such as plinth.Config.Listen.
func HandOver(_ context.Context, network, addr string) (net.Listener, error) {
	if l, ok := opened.LoadAndDelete(addr); ok {
		return l.(net.Listener), nil
	}
	if i := slices.Index(strings.Split(os.Getenv(inherited), ","), addr); i >= 0 {
		const first = 3 // after the standard streams, see exec.Cmd.ExtraFiles
		file := os.NewFile(uintptr(first+i), addr)
		defer file.Close() // net has its own copy
		return net.FileListener(file)
	}
	return nil, &net.OpError{Op: "listen", Net: network, Err: fmt.Errorf("the test has no listener at %s for this server", addr)}
}

// ErrInUse is the error of a program that could not listen because another one does.
var ErrInUse = errors.New("address already in use")

// OnFreePorts calls start with n addresses of 127.0.0.1 without a listener, for a program that cannot be given a listener and
// cannot report the port that the system chose. Another program may take a port before this one does. Therefore start returns
// [ErrInUse] then, and is called again with other addresses, at most five times.
//
// The ports are below those that systems give to outgoing connections and to listeners of port 0, so that a program can
// be restarted at its address.
func OnFreePorts(n int, start func(addrs []string) error) error {
	var err error
	for range 5 {
		var addrs []string
		if addrs, err = freeAddrs(n); err != nil {
			return err
		}
		if err = start(addrs); !errors.Is(err, ErrInUse) {
			break
		}
	}
	return err
}

// freeAddrs returns addresses at which nothing listens.
func freeAddrs(n int) (addrs []string, err error) {
	const lowest, highest = 20_000, 32_767
	for tries := 0; len(addrs) < n; tries++ {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(lowest+rand.IntN(highest-lowest))))
		if err != nil && tries > 100 {
			return nil, err
		}
		if err == nil {
			defer l.Close() // after the last one is chosen, so that they differ
			addrs = append(addrs, l.Addr().String())
		}
	}
	return addrs, nil
}

// Serve starts a program at n addresses and returns when it accepts connections at all of them, see [OnFreePorts].
func Serve(tb testing.TB, n int, start func(addrs []string) *Process) (p *Process, addrs []string) {
	tb.Helper()
	err := OnFreePorts(n, func(chosen []string) error {
		p, addrs = start(chosen), chosen
		err := p.listens(tb.Context(), chosen)
		if errors.Is(err, ErrInUse) {
			_ = p.Stop() // it may have ended
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return p, addrs
}

// listens waits until the program accepts connections at all addresses.
func (p *Process) listens(ctx context.Context, addrs []string) error {
	for _, addr := range addrs {
		err := await(ctx, addr, func() error {
			if strings.Contains(strings.ToLower(p.Output()), ErrInUse.Error()) {
				return ErrInUse
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Await waits until a server accepts connections at an address, up to 20 seconds.
func Await(tb testing.TB, addr string) {
	tb.Helper()
	if err := await(tb.Context(), addr, func() error { return nil }); err != nil {
		tb.Fatal(err)
	}
}

// await waits until a connection to addr is accepted or failed returns an error.
func await(ctx context.Context, addr string, failed func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err == nil {
			_ = conn.Close()
		}
		if reason := failed(); err == nil || reason != nil {
			return reason
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no program listens on %s: %w", addr, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
