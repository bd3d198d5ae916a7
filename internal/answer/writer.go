// Package answer records what was answered, for all middleware of a chain at once.
package answer

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// Writer records the status and the bytes of an answer. It holds nothing back, and what the
// writer below can do goes on working by http.ResponseController.
type Writer struct {
	http.ResponseWriter

	status int // 0 until the answer has begun
	bytes  int64
	conn   net.Conn // once a handler has taken it over

	// Of deadlines, see LimitWrites.
	each time.Duration // 0: none
	end  time.Time
}

// Observe returns a writer that records, w itself if it does so already: all middleware of
// a chain share one.
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

// WriteHeader records the status. Informational answers come before the one that counts
// (RFC 9110 section 15.2).
func (w *Writer) WriteHeader(status int) {
	w.ResponseWriter.WriteHeader(status)
	if w.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
}

// pieceSize is how much is written under one deadline, and buffered how much net/http keeps
// of a body until its handler has returned.
const (
	pieceSize = 64 << 10
	buffered  = 2 << 10
)

// LimitWrites gives each write of up to 64 KiB a deadline, at most until end. It is for
// servers with a WriteTimeout, which set the deadline anew for the next request.
func (w *Writer) LimitWrites(each time.Duration, end time.Time) { w.each, w.end = each, end }

// extend sets the deadline of a write, unless it fits into the buffer of the server.
func (w *Writer) extend(n int) {
	if w.each == 0 || w.bytes+int64(n) <= buffered {
		return
	}
	until := time.Now().Add(w.each)
	if until.After(w.end) {
		until = w.end
	}
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(until) // writers of tests have none
}

func (w *Writer) Write(b []byte) (n int, err error) {
	w.begin()
	for {
		piece := b
		if w.each > 0 {
			piece = b[:min(len(b), pieceSize)]
		}
		w.extend(len(piece))
		m, err := w.ResponseWriter.Write(piece)
		w.bytes += int64(m)
		n += m
		if b = b[m:]; err != nil || len(b) == 0 || m < len(piece) {
			return n, err
		}
	}
}

// WriteString spares the writer below a copy.
func (w *Writer) WriteString(s string) (n int, err error) {
	if w.each > 0 && len(s) > pieceSize {
		return w.Write([]byte(s))
	}
	w.begin()
	w.extend(len(s))
	n, err = io.WriteString(w.ResponseWriter, s)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom lets a file be sent without a copy through this process, if the writer below
// can do that.
func (w *Writer) ReadFrom(source io.Reader) (n int64, err error) {
	before := w.status
	w.begin()
	for {
		piece, part := source, int64(0)
		if w.each > 0 {
			piece, part = pieceOf(source)
		}
		w.extend(int(part))
		m, err := io.Copy(w.ResponseWriter, piece)
		w.bytes += m
		n += m
		if whole, ok := source.(*io.LimitedReader); ok && piece != source {
			whole.N -= m
		}
		if err != nil || m < pieceSize || piece == source {
			if n == 0 && err == nil {
				w.status = before // nothing was written, so nothing has begun
			}
			return n, err
		}
	}
}

// pieceOf returns the next piece of a source and its size, at most. Only one LimitedReader
// may stand around a file for net/http to send it without a copy.
func pieceOf(source io.Reader) (io.Reader, int64) {
	if whole, ok := source.(*io.LimitedReader); ok {
		n := min(whole.N, pieceSize)
		return &io.LimitedReader{R: whole.R, N: n}, n
	}
	return &io.LimitedReader{R: source, N: pieceSize}, pieceSize
}

// Flush implements http.Flusher, for handlers that ask for it.
func (w *Writer) Flush() { _ = w.FlushError() }

// FlushError is Flush for http.ResponseController.
func (w *Writer) FlushError() error {
	w.extend(buffered + 1)
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
