package middleware_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/middleware"
)

// transferring serves a handler behind Deadline by HTTP/1.1 and returns a connection to it.
func transferring(t *testing.T, transfer time.Duration, h http.HandlerFunc) net.Conn {
	t.Helper()
	s := httptest.NewUnstartedServer(middleware.Must(middleware.Deadline(middleware.DeadlineOptions{Transfer: transfer}))(h))
	s.Config.ReadTimeout, s.Config.WriteTimeout = time.Minute, time.Minute
	s.Start()
	t.Cleanup(s.Close)
	conn, err := net.Dial("tcp", s.Listener.Addr().String()) // loopback
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.(*net.TCPConn).SetReadBuffer(64 << 10)
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return conn
}

// TestTransferOfBody: a short body that does not arrive ends with an error. Once a body has
// arrived, the handler may go on for longer.
func TestTransferOfBody(t *testing.T) {
	t.Parallel()
	const transfer = 300 * time.Millisecond
	read, ended := make(chan error, 1), make(chan error, 1)
	h := func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
		if err == nil {
			select {
			case <-r.Context().Done():
			case <-time.After(3 * transfer):
			}
			ended <- context.Cause(r.Context())
		}
	}
	const header = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
	conn := transferring(t, transfer, h)
	_, _ = io.WriteString(conn, header+"12")
	if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a body that does not arrive: %v", err)
	}
	conn = transferring(t, transfer, h)
	_, _ = io.WriteString(conn, header+"12345")
	if err := <-read; err != nil {
		t.Errorf("a body that has arrived: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the request ended with %v", err)
	}
}

// TestTransferOfAnswer: a client that reads nothing of an answer is cut off, whatever
// writes it. A slow one gets all of it.
func TestTransferOfAnswer(t *testing.T) {
	t.Parallel()
	const transfer, size = time.Second, 12 << 20
	content := bytes.Repeat([]byte("0123456789abcdef"), size/16)
	text := string(content)
	file := t.TempDir() + "/content"
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(w http.ResponseWriter, r *http.Request) error{
		"Write": func(w http.ResponseWriter, _ *http.Request) error { _, err := w.Write(content); return err },
		"WriteString": func(w http.ResponseWriter, _ *http.Request) error {
			_, err := io.WriteString(w, text)
			return err
		},
		"Copy": func(w http.ResponseWriter, _ *http.Request) error {
			_, err := io.Copy(w, struct{ io.Reader }{bytes.NewReader(content)})
			return err
		},
		"File": func(w http.ResponseWriter, r *http.Request) error {
			f, err := os.Open(file)
			if err != nil {
				return err
			}
			defer f.Close() // only read
			_, err = io.CopyN(w, f, size)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done := make(chan error, 1)
			h := func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", strconv.Itoa(size))
				done <- write(w, r)
			}
			conn := transferring(t, transfer, h)
			_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			select {
			case err := <-done:
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("a client that reads nothing: %v", err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("a client that reads nothing is not cut off")
			}
			conn = transferring(t, transfer, h)
			_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			for err == nil {
				time.Sleep(transfer / 80)
				_, err = io.CopyN(&got, res.Body, size/96)
			}
			if !bytes.Equal(got.Bytes(), content) || <-done != nil {
				t.Errorf("a slow client got %d of %d bytes: %v", got.Len(), size, err)
			}
		})
	}
}

// TestTransferNext: the deadline of a large answer does not apply to the next request of
// the connection.
func TestTransferNext(t *testing.T) {
	t.Parallel()
	const transfer = 100 * time.Millisecond
	conn := transferring(t, transfer, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
	})
	in := bufio.NewReader(conn)
	for range 2 {
		_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1")
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, res.Body); n != 100_000 || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		time.Sleep(3 * transfer)
	}
}
