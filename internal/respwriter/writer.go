// Package respwriter records the response of a handler for all middleware of a chain, and
// sends a response by one system call.
package respwriter

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// Writer records the status and the bytes of a response. It buffers nothing. Further
// methods of the wrapped writer work through http.ResponseController.
type Writer struct {
	http.ResponseWriter

	status int // 0 until the answer has begun
	bytes  int64
	conn   net.Conn // after Hijack

	// Write deadlines, see LimitWrites.
	each time.Duration // 0: none
	end  time.Time
}

// Observe returns a recording writer around w, or w itself if it is one: all middleware of
// a chain share it.
func Observe(w http.ResponseWriter) *Writer {
	if known, ok := w.(*Writer); ok {
		return known
	}
	return &Writer{ResponseWriter: w}
}

// Unwrap serves http.ResponseController.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Begun reports whether the response has begun.
func (w *Writer) Begun() bool { return w.status != 0 }

func (w *Writer) begin() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
}

// WriteHeader records the status. Informational responses precede the final one (RFC 9110
// section 15.2).
func (w *Writer) WriteHeader(status int) {
	w.ResponseWriter.WriteHeader(status)
	if w.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
}

// pieceSize is the number of bytes written under one deadline. buffered is the size of
// net/http's buffer, which is flushed after the handler.
const (
	pieceSize = 64 << 10
	buffered  = 2 << 10
)

// LimitWrites sets a deadline for each write of up to 64 KiB, at most until end. It is for
// servers with a WriteTimeout, which reset the deadline for the next request.
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

// WriteString avoids a copy if the wrapped writer implements io.StringWriter.
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

// ReadFrom lets the wrapped writer send a file without a copy (sendfile), if it can.
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

// pieceOf returns the next piece of a source and its maximum size. net/http uses sendfile
// only for a file inside at most one LimitedReader.
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

// Status returns the status of the response: 0 before it has begun, and 101 for a hijacked
// connection.
func (w *Writer) Status() int { return w.status }

// statusClientGone is nginx's status for a client disconnect; HTTP has none.
const statusClientGone = 499

// Outcome returns the status that the client got, or 499 if it disconnected before the
// response. done reports that the handler has returned without a panic.
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

// Bytes returns the bytes of the body that were written. For HEAD none of them are sent.
func (w *Writer) Bytes() int64 { return w.bytes }

// Conn returns the hijacked connection, or nil.
func (w *Writer) Conn() net.Conn { return w.conn }
