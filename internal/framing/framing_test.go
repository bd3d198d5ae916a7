package framing_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/framing"
)

// server is a server on checked connections that notes what reaches its handler.
type server struct {
	addr string
	mu   sync.Mutex
	seen []string
}

func newServer(tb testing.TB) *server {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &server{addr: l.Addr().String()}
	serve(tb, l, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		s.mu.Lock()
		s.seen = append(s.seen, fmt.Sprintf("%s %s %q %v", r.Method, r.URL.Path, body, err == nil))
		s.mu.Unlock()
		_, _ = io.WriteString(w, "ok\n")
	})
	return s
}

// serve serves the connections of l, checked, until the test ends.
func serve(tb testing.TB, l net.Listener, handler http.HandlerFunc) {
	tb.Helper()
	h := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: handler}
	l = framing.Serve(h, l)
	done := make(chan error, 1)
	go func() { done <- h.Serve(l) }()
	tb.Cleanup(func() {
		_ = h.Close()
		<-done
	})
}

// send sends bytes on one connection, in pieces of a size, and returns the statuses of the
// answers and what the handler saw.
func (s *server) send(tb testing.TB, raw string, piece int) (statuses []int, seen []string) {
	tb.Helper()
	conn, err := net.Dial("tcp", s.addr) //nolint:noctx // refused or not at once
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // read to its end
	for part := range slices.Chunk([]byte(raw), piece) {
		if _, err := conn.Write(part); err != nil {
			break // the server has had enough
		}
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	in := bufio.NewReader(conn)
	for {
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			break
		}
		_, _ = io.Copy(io.Discard, res.Body)
		statuses = append(statuses, res.StatusCode)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seen, s.seen = s.seen, nil
	return statuses, seen
}

const hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"

// TestRefused: a request whose end is a matter of opinion is 400, and what stands behind it
// reaches nobody, in how many pieces it may come.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, raw := range map[string]string{
		"both":                  "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"both, other order":     "POST /a HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
		"two lengths":           "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 33\r\n\r\n",
		"one length twice":      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
		"a list of lengths":     "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 0\r\n\r\n",
		"a sign":                "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n",
		"a length of hex":       "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0x0\r\n\r\n",
		"no length":             "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\n",
		"a length too long":     "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551616\r\n\r\n",
		"space before a colon":  "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\n",
		"folded":                "GET /a HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
		"folded coding":         "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
		"folded from the first": "GET /a HTTP/1.1\r\n Host: x\r\nHost: x\r\n\r\n",
		"LF":                    "GET /a HTTP/1.1\nHost: x\n\n",
		"LF in the header":      "GET /a HTTP/1.1\r\nHost: x\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n",
		"LF at its end":         "GET /a HTTP/1.1\r\nHost: x\r\n\n",
		"CR":                    "GET /a HTTP/1.1\r\nHost: x\r\nX: a\rContent-Length: 33\r\n\r\n",
		"CR CR LF":              "GET /a HTTP/1.1\r\nHost: x\r\nX: a\r\r\n\r\n",
		"identity":              "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n",
		"two codings":           "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"chunked twice":         "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"a tab of the vertical": "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
		"chunked of 1.0":        "POST /a HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n",
		"a length behind 1.1":   "GET /first HTTP/1.1\r\nHost: x\r\n\r\nPOST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"behind a body":         "POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /a HTTP/1.1\nHost: x\n\n",
		"behind chunks":         "POST /first HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\nGET /a HTTP/1.1\nHost: x\n\n",
		"a chunk with LF":       "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\n0\n\n",
		"an extension with LF":  "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;a\nx\r\n0\r\n\r\n",
		"a chunk that is long":  "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n",
		"a chunk of 2^64":       "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000001\r\nx\r\n0\r\n\r\n",
		"a chunk of no size":    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\r\n0\r\n\r\n",
		"a trailer that folds":  "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n c\r\n\r\n",
		"no host":               "GET /a HTTP/1.1\r\n\r\n",
		"two hosts":             "GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
		"no version":            "GET /a\r\n\r\n",
		"NUL":                   "GET /a HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
		"an empty line first":   "\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		for _, piece := range []int{1, 7, 1 << 20} {
			_, seen := s.send(t, raw+hidden, piece)
			for _, request := range seen {
				// A handler may see the beginning of a body that turns out to be wrong.
				if !strings.Contains(request, "/first") && !strings.HasSuffix(request, "false") {
					t.Errorf("%s, in pieces of %d: %q was served", name, piece, seen)
				}
			}
		}
	}
}

// TestAccepted: everything that has one reading passes, several requests on a connection
// too.
func TestAccepted(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	long := strings.Repeat("x", 20_000)
	raw := "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n" +
		"POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\na\nb\r\n" +
		"POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\n\r\n\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n" +
		"DELETE /4 HTTP/1.1\r\nHost: x\r\nCONTENT-LENGTH:\t0 \r\nX-Long: " + long + "\r\n\r\n" +
		"PATCH /5 HTTP/1.1\r\nHost: x\r\nX-Content-Length: 7\r\nContent-Length-X: 8\r\nContent-Length: 20000\r\n\r\n" + long +
		"GET /6 HTTP/1.0\r\nHost: x\r\n\r\n"
	want := []string{
		`GET /1 "" true`, `POST /2 "a\nb\r\n" true`, `POST /3 "\r\n0123456789" true`, `DELETE /4 "" true`,
		fmt.Sprintf("PATCH /5 %q true", long), `GET /6 "" true`,
	}
	for _, piece := range []int{1, 13, 1 << 20} {
		statuses, seen := s.send(t, raw, piece)
		if !slices.Equal(seen, want) || !slices.Equal(statuses, []int{200, 200, 200, 200, 200, 200}) {
			t.Errorf("in pieces of %d: %v, %.300q", piece, statuses, seen)
		}
	}
}

// TestUpgrade: who speaks another protocol from some point on is not listened to, also
// where net/http has read a byte ahead before the handler took the connection over.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		upgrade(t, late)
	}
}

func upgrade(t *testing.T, late bool) {
	t.Helper()
	sent := make(chan struct{})
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, l, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "echo")
		w.WriteHeader(http.StatusSwitchingProtocols)
		if late {
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			<-sent
			time.Sleep(20 * time.Millisecond) // until the byte is read
		}
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close() //nolint:errcheck // the client has its answer
		line, _ := rw.ReadString('!')
		_, _ = io.WriteString(conn, line)
	})
	conn, err := net.Dial("tcp", l.Addr().String()) //nolint:noctx // refused or not at once
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // read to its end
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	in := bufio.NewReader(conn)
	if res, err := http.ReadResponse(in, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	const message = "\n a\rb\r\r\n\r\n\n!"
	_, _ = io.WriteString(conn, message)
	close(sent)
	if got, err := io.ReadAll(in); err != nil || string(got) != message {
		t.Errorf("late %t: %q, %v", late, got, err)
	}
}

// BenchmarkRead is the cost of looking at a request of a usual size.
func BenchmarkRead(b *testing.B) {
	request := []byte("GET /rest/v1/notes?select=id,title&order=created_at.desc&limit=20 HTTP/1.1\r\nHost: notes.example\r\n" +
		"Accept: application/json\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en\r\nApikey: sb_publishable_0123456789\r\n" +
		"Authorization: Bearer " + strings.Repeat("x", 400) + "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nX-Client-Info: supabase-js/2\r\n\r\n")
	check := framing.NewChecker()
	b.ReportAllocs()
	for b.Loop() {
		if err := check(request); err != nil {
			b.Fatal(err)
		}
	}
}
