package programtest

import (
	"context"
	"net"
	"testing"
	"time"
)

// patience is how long a program may take to listen.
const patience = 20 * time.Second

// FreeAddr returns a loopback address without a listener.
func FreeAddr(tb testing.TB) string {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close() // only its address is wanted
	return l.Addr().String()
}

// Await waits until a server accepts connections at an address, up to 20 seconds.
func Await(tb testing.TB, addr string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err == nil {
			_ = conn.Close()
			return
		}
		if ctx.Err() != nil {
			tb.Fatalf("nobody listens on %s: %v", addr, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
