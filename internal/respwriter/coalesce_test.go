package respwriter_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/respwriter"
)

// counted counts the writes of all connections.
type counted struct {
	net.Listener
	writes *atomic.Int64
}

type countedConn struct {
	*net.TCPConn
	writes *atomic.Int64
}

func (l counted) Accept() (net.Conn, error) {
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

// serve serves a handler, with Serve or without, and connects to it.
func serve(t *testing.T, h http.Handler, own bool) (net.Conn, *bufio.Reader, *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, writes := l.Addr().String(), new(atomic.Int64)
	server := &http.Server{Handler: h}
	l = counted{l, writes}
	if own {
		l = respwriter.Serve(server, l)
	}
	done := make(chan error)
	go func() { done <- server.Serve(l) }()
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c, bufio.NewReader(c), writes
}

// sized answers with as many bytes as the path says, each telling where it is.
func sized(write func(http.ResponseWriter, *http.Request, []byte) (int, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscanf(r.URL.Path, "/%d", &n)
		w.Header().Set("Date", "none")
		w.Header().Set("Content-Length", fmt.Sprint(n))
		if written, err := write(w, r, pattern(n)); written != n || err != nil {
			panic(fmt.Sprint(written, err))
		}
	})
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + (i+i/4096)%26)
	}
	return b
}

func plain(w http.ResponseWriter, _ *http.Request, body []byte) (int, error) { return w.Write(body) }

// Whatever the size: the bytes are those that net/http sends without this
// package, and up to 64 KiB they are sent by one call.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	const head = len("HTTP/1.1 200 OK\r\nContent-Length: 4000\r\nDate: none\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n")
	sizes := []int{0, 1, 2047, 2048, 2049, 3071, 3072, 3073, 8191, 8192, 8193, 40_000, 60_000, 65_535, 65_536, 70_000, 500_000}
	for n := 4096 - head - 3; n < 4096-head+3; n++ {
		sizes = append(sizes, n, n+4096, n+3*4096)
	}
	want, wantIn, _ := serve(t, sized(plain), false)
	got, gotIn, writes := serve(t, sized(respwriter.Write), true)
	for _, n := range sizes {
		before := writes.Load()
		expected, answered := ask(t, want, wantIn, n), ask(t, got, gotIn, n)
		if !bytes.Equal(answered, expected) || !bytes.HasSuffix(answered, pattern(n)) {
			t.Fatalf("%d bytes: another answer than without", n)
		}
		if calls := writes.Load() - before; calls != 1 && n <= 60_000 {
			t.Errorf("%d bytes: sent by %d writes", n, calls)
		}
	}
}

// ask sends a request and returns the bytes of the answer, with a body of n.
func ask(t *testing.T, c net.Conn, in *bufio.Reader, n int) []byte {
	t.Helper()
	if _, err := fmt.Fprintf(c, "GET /%d HTTP/1.1\r\nHost: h\r\n\r\n", n); err != nil {
		t.Fatal(err)
	}
	var all []byte
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, line...); len(line) == 2 {
			break
		}
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(in, body); err != nil {
		t.Fatalf("%d bytes: %v", n, err)
	}
	return append(all, body...)
}

// An answer through TLS is the same, by HTTP/1.1 and by HTTP/2, whose streams share
// a connection.
func TestTLS(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		s := httptest.NewUnstartedServer(sized(respwriter.Write))
		s.EnableHTTP2 = http2
		s.Listener = respwriter.Serve(s.Config, s.Listener)
		s.StartTLS()
		for _, n := range []int{100, 5000, 8192, 100_000} {
			r, err := s.Client().Get(fmt.Sprintf("%s/%d", s.URL, n))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(r.Body)
			if !bytes.Equal(body, pattern(n)) || err != nil || r.ProtoMajor != 1+btoi(http2) {
				t.Errorf("%s: %d bytes, %v, want %d", r.Proto, len(body), err, n)
			}
			r.Body.Close()
		}
		s.Close()
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// keeping is the writer of a middleware that keeps a body until the end.
type keeping struct {
	http.ResponseWriter
	kept []byte
}

func (k *keeping) Write(p []byte) (int, error) {
	k.kept = append(k.kept, p...)
	return len(p), nil
}

func (k *keeping) Unwrap() http.ResponseWriter { return k.ResponseWriter }

// passing is one that passes all on.
type passing struct{ http.ResponseWriter }

func (p passing) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// A middleware may stand between, and what it sends later goes out.
func TestMiddleware(t *testing.T) {
	t.Parallel()
	const n = 20_000
	for name, h := range map[string]http.Handler{
		"passes": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sized(respwriter.Write).ServeHTTP(passing{w}, r) }),
		"keeps": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			k := &keeping{ResponseWriter: w}
			sized(respwriter.Write).ServeHTTP(k, r)
			if _, err := w.Write(k.kept); err != nil {
				t.Error(err)
			}
		}),
		"another goroutine": http.TimeoutHandler(sized(respwriter.Write), time.Minute, ""),
	} {
		c, in, _ := serve(t, h, true)
		for range 3 {
			if got := ask(t, c, in, n); !bytes.HasSuffix(got, pattern(n)) {
				t.Errorf("%s: another body", name)
			}
		}
	}
}

// A handler that outlives its request disturbs none of those that follow.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	left := make(chan bool)
	slow := http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(left)
		<-r.Context().Done()
		for range 1000 {
			_, _ = respwriter.Write(w, r, pattern(5000))
		}
	}), 20*time.Millisecond, "late")
	var asked atomic.Bool
	c, in, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.CompareAndSwap(false, true) {
			slow.ServeHTTP(w, r)
			return
		}
		sized(respwriter.Write).ServeHTTP(w, r)
	}), true)
	if _, err := io.WriteString(c, "GET /5000 HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(in, nil)
	if err != nil || r.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("%v, %v, want 503", r, err)
	}
	if body, err := io.ReadAll(r.Body); string(body) != "late" || err != nil {
		t.Fatalf("%q, %v", body, err)
	}
	for range 20 {
		if got := ask(t, c, in, 5000); !bytes.HasSuffix(got, pattern(5000)) {
			t.Fatal("another body")
		}
	}
	<-left
}

// What is flushed goes out at once, and a file by what the system has for files.
func TestOthers(t *testing.T) {
	t.Parallel()
	more := make(chan bool)
	c, in, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/file" {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(pattern(100_000)))
			return
		}
		fmt.Fprint(w, "one\n")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-more
		fmt.Fprint(w, "two\n")
	}), true)
	fmt.Fprint(c, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\nGET /file HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
	stream, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stream.Body)
	if line, err := lines.ReadString('\n'); line != "one\n" || err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	close(more)
	if rest, err := io.ReadAll(lines); string(rest) != "two\n" || err != nil {
		t.Fatalf("%q, %v", rest, err)
	}
	file, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(file.Body); !slices.Equal(body, pattern(100_000)) || err != nil {
		t.Fatalf("%d bytes, %v", len(body), err)
	}
}

// A connection that has gone is told.
func TestGone(t *testing.T) {
	t.Parallel()
	told := make(chan error, 1)
	c, _, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		var err error
		for range 100 {
			if _, err = respwriter.Write(w, r, pattern(5000)); err != nil {
				break
			}
		}
		told <- err
	}), true)
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).SetLinger(0); err != nil { // a reset
		t.Fatal(err)
	}
	c.Close()
	if err := <-told; err == nil || !strings.Contains(err.Error(), "write") {
		t.Errorf("%v, want that it cannot write", err)
	}
}
