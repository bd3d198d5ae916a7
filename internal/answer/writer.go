// Package answer notes what becomes of an answer, for all middleware of a chain at once.
package answer

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
)

// Writer notes what becomes of an answer. It holds nothing back, and whatever the
// writer below can do goes on working by http.ResponseController.
type Writer struct {
	http.ResponseWriter

	status int // 0 until the answer has begun
	bytes  int64
	conn   net.Conn // once a handler has taken it over
}

// Observe returns a writer that notes, w itself where it does so already: all of a
// chain see one.
func Observe(w http.ResponseWriter) *Writer {
	if known, ok := w.(*Writer); ok {
		return known
	}
	return &Writer{ResponseWriter: w}
}

// Unwrap serves http.ResponseController.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Begun reports whether anything of the answer is on its way.
func (w *Writer) Begun() bool { return w.status != 0 }

func (w *Writer) begin() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
}

// WriteHeader notes the status. Informational answers come before the one that counts
// (RFC 9110 section 15.2).
func (w *Writer) WriteHeader(status int) {
	w.ResponseWriter.WriteHeader(status)
	if w.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
}

func (w *Writer) Write(b []byte) (int, error) {
	w.begin()
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// WriteString spares the writer below a copy.
func (w *Writer) WriteString(s string) (int, error) {
	w.begin()
	n, err := io.WriteString(w.ResponseWriter, s)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom lets a file go out without passing through this process, where the writer
// below can do so.
func (w *Writer) ReadFrom(source io.Reader) (int64, error) {
	before := w.status
	w.begin()
	n, err := io.Copy(w.ResponseWriter, source)
	w.bytes += n
	if n == 0 && err == nil {
		w.status = before // nothing was written, so nothing has begun
	}
	return n, err
}

// Flush implements http.Flusher, for handlers that ask for it.
func (w *Writer) Flush() { _ = w.FlushError() }

// FlushError is Flush for http.ResponseController.
func (w *Writer) FlushError() error {
	err := http.NewResponseController(w.ResponseWriter).Flush()
	if !errors.Is(err, http.ErrNotSupported) {
		w.begin()
	}
	return err
}

// Hijack implements http.Hijacker, for handlers that ask for it.
func (w *Writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.conn = conn
		if w.status == 0 {
			w.status = http.StatusSwitchingProtocols
		}
	}
	return conn, buffered, err
}

// Status returns the status of the answer, 0 until it has begun, and 101 for a
// connection that was taken over.
func (w *Writer) Status() int { return w.status }

// statusClientGone is nginx's number for a client that hung up; HTTP has none.
const statusClientGone = 499

// Outcome returns the status that the client was answered, or would have been: 499 where
// it went away before. done says that the handler has returned, and did not panic.
func (w *Writer) Outcome(r *http.Request, done bool) int {
	switch {
	case w.Begun():
		return w.status
	case errors.Is(r.Context().Err(), context.Canceled):
		return statusClientGone
	case !done:
		return http.StatusInternalServerError
	}
	return http.StatusOK // which the server sends for a handler that writes nothing
}

// Bytes returns how much of a body was written. Of an answer to HEAD nothing is sent.
func (w *Writer) Bytes() int64 { return w.bytes }

// Conn returns the connection that a handler has taken over, or nil.
func (w *Writer) Conn() net.Conn { return w.conn }
