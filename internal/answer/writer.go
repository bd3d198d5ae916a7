// Package answer notes what becomes of an answer, for all middleware of a chain at once.
package answer

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"

	"github.com/seed-7694ebf6/plinth/internal/exchange"
)

// Writer notes what becomes of an answer. It holds nothing back, and whatever the
// writer below can do goes on working by http.ResponseController.
type Writer struct {
	http.ResponseWriter

	status int // 0 until the answer has begun
	bytes  int64
	conn   net.Conn // once a handler has taken it over
	place  exchange.Place
}

// Observe returns a writer that notes, w itself where it does so already: all of a
// chain see one.
func Observe(w http.ResponseWriter) *Writer {
	if known, ok := w.(*Writer); ok {
		return known
	}
	return &Writer{ResponseWriter: w}
}

// Lend gives a place to others from now on while the client reads, which takes as long as it
// likes. What makes the answer, between one write and the next, has its place.
func (w *Writer) Lend(place exchange.Place) { w.place = place }

// kept is how much net/http keeps of a body until its handler has returned (HTTP/2 more of
// it): to write so much waits for nobody.
const kept = 2 << 10

// pauseFor gives the place away before so many bytes more are written, if the client may have
// to read for that, and reports whether it did.
func (w *Writer) pauseFor(n int) bool {
	return w.bytes+int64(n) > kept && w.pause()
}

func (w *Writer) pause() bool { return w.place != nil && w.place.Pause() }

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
	if w.pauseFor(len(b)) {
		defer w.place.Resume()
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// WriteString spares the writer below a copy.
func (w *Writer) WriteString(s string) (int, error) {
	w.begin()
	if w.pauseFor(len(s)) {
		defer w.place.Resume()
	}
	n, err := io.WriteString(w.ResponseWriter, s)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom lets a file go out without passing through this process, where the writer
// below can do so. What another source does is work, between one Write and the next.
func (w *Writer) ReadFrom(source io.Reader) (int64, error) {
	if w.place != nil && !isFile(source) {
		buffer := buffers.Get().(*[]byte)
		defer buffers.Put(buffer)
		return io.CopyBuffer(struct{ io.Writer }{w}, source, *buffer)
	}
	before := w.status
	w.begin()
	if w.pause() {
		defer w.place.Resume()
	}
	n, err := io.Copy(w.ResponseWriter, source)
	w.bytes += n
	if n == 0 && err == nil {
		w.status = before // nothing was written, so nothing has begun
	}
	return n, err
}

var buffers = sync.Pool{New: func() any { return new(make([]byte, 32<<10)) }}

// isFile reports whether a source is a regular file or, as [http.ServeContent] has it, a part
// of one. io.Copy hides what a file is.
func isFile(source io.Reader) bool {
	if part, ok := source.(*io.LimitedReader); ok {
		source = part.R
	}
	file, ok := source.(interface {
		Stat() (os.FileInfo, error)
		SyscallConn() (syscall.RawConn, error)
	})
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode().IsRegular()
}

// Flush implements http.Flusher, for handlers that ask for it.
func (w *Writer) Flush() { _ = w.FlushError() }

// FlushError is Flush for http.ResponseController.
func (w *Writer) FlushError() error {
	if w.pause() {
		defer w.place.Resume()
	}
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
