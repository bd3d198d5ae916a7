package framing_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestBodyIsNoAnswer: what reads as the beginning of another protocol switches nothing
// off while it is in the body of an answer. net/http sends a large body by several
// writes, and who knows its length chooses what one of them begins with.
func TestBodyIsNoAnswer(t *testing.T) {
	t.Parallel()
	const word = "HTTP/1.1 101 "
	body := strings.Repeat(word, 1000)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, l, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		w.Header().Set("X-Pad", r.URL.RawQuery)
		_, _ = io.WriteString(w, body)
	})
	for pad := range len(word) {
		conn, err := net.Dial("tcp", l.Addr().String()) //nolint:noctx // answered or not at once
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = fmt.Fprintf(conn, "GET /?%s HTTP/1.1\r\nHost: x\r\n\r\n", strings.Repeat("x", pad))
		in := bufio.NewReader(conn)
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, res.Body); err != nil || n != int64(len(body)) {
			t.Fatal(n, err)
		}
		_ = res.Body.Close()
		_, _ = io.WriteString(conn, "POST /second HTTP/1.1\nHost: x\n\n")
		if res, err := http.ReadResponse(in, nil); err == nil && res.StatusCode != http.StatusBadRequest {
			t.Errorf("behind a body with %d bytes before it: status %d", pad, res.StatusCode)
			_ = res.Body.Close()
		}
		_ = conn.Close()
	}
}
