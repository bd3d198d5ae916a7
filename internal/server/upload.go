package server

import (
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	// minUploadRate is the least average rate of an upload, in bytes for each second.
	minUploadRate = 8 << 10

	// maxTransfer bounds an upload, whatever its rate.
	maxTransfer = 24 * time.Hour
)

// uploadBody extends the deadlines of a connection while the body of an upload brings bytes.
type uploadBody struct {
	io.ReadCloser

	conn     *http.ResponseController
	pause    time.Duration
	begun    time.Time
	extended time.Time
	read     int64
}

func newUploadBody(body io.ReadCloser, conn *http.ResponseController, pause time.Duration) io.ReadCloser {
	if body == nil || body == http.NoBody {
		_ = conn.SetReadDeadline(time.Time{})
		return body
	}
	b := &uploadBody{ReadCloser: body, conn: conn, pause: pause, begun: time.Now()}
	b.extend(b.begun)
	return b
}

// Read implements [io.Reader].
func (b *uploadBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	now := time.Now()
	switch {
	case errors.Is(err, io.EOF):
		// net/http keeps reading to detect a disconnect, so a deadline would cancel the
		// request's context.
		_ = b.conn.SetReadDeadline(time.Time{})
		_ = b.conn.SetWriteDeadline(now.Add(writeTimeout(b.pause)))
	case n > 0 && now.Sub(b.extended) > min(time.Second, b.pause/8): // each small read would set timers
		b.extend(now)
	}
	return n, err
}

// extend lets the client pause from now on, but not longer than its rate so far allows.
func (b *uploadBody) extend(now time.Time) {
	b.extended = now
	until := now.Add(b.pause)
	earned := time.Duration(float64(b.read) / minUploadRate * float64(time.Second))
	if slowest := b.begun.Add(min(b.pause+earned, maxTransfer)); slowest.Before(until) {
		until = slowest
	}
	_ = b.conn.SetReadDeadline(until)
	_ = b.conn.SetWriteDeadline(until.Add(writeTimeout(b.pause)))
}
