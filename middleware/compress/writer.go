package compress

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
)

// state is the progress of a response.
type state uint8

const (
	unsent state = iota // no status yet
	held                // a status, and a body that may be too small
	plain               // on its way as it is
	coded               // on its way in coded form
)

// writer is the ResponseWriter of one answer.
type writer struct {
	http.ResponseWriter
	shared  *shared
	request *http.Request // as it came
	coding  coding
	state   state
	status  int
	held    []byte  // the beginning of the body
	encoder encoder // from the first byte of a coded body on
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter. The header of a response without a length is
// held back.
func (w *writer) WriteHeader(status int) {
	if w.state != unsent || status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		if w.state != held { // net/http says what is wrong with a second one
			w.ResponseWriter.WriteHeader(status)
		}
		return
	}
	w.status = status
	h := w.ResponseWriter.Header()
	if w.coding == identity || !eligible(status, h) {
		w.sendPlain()
		return
	}
	told := h.Get("Content-Length")
	if told == "" {
		w.state = held
		return
	}
	switch length, err := strconv.ParseInt(told, 10, 64); {
	case err != nil:
		w.state = held
	case length >= int64(w.shared.minSize) && h.Get("Content-Type") != "":
		w.sendCoded()
	case length >= int64(w.shared.minSize):
		w.state = held // until the body shows what it is
	default:
		w.sendPlain()
	}
}

// sendPlain sends the header and the held body uncompressed.
func (w *writer) sendPlain() {
	w.state = plain
	h := w.ResponseWriter.Header()
	vary(h)
	if w.status == http.StatusNotModified {
		if tag := h["Etag"]; len(tag) == 1 {
			h["Etag"] = []string{knownTag(tag[0], w.request.Header, w.coding)}
		}
	}
	w.ResponseWriter.WriteHeader(w.status)
	if len(w.held) > 0 {
		_, _ = w.ResponseWriter.Write(w.held) // the client is gone; a later Write says so
		w.held = w.held[:0]
	}
}

// sendCoded sends the header of a compressed body.
func (w *writer) sendCoded() {
	w.state = coded
	h := w.ResponseWriter.Header()
	vary(h)
	h.Set("Content-Encoding", names[w.coding])
	h.Del("Content-Length")
	h.Del("Accept-Ranges")
	if tag := h["Etag"]; len(tag) == 1 {
		h["Etag"] = []string{codedTag(tag[0], w.coding)}
	}
	w.ResponseWriter.WriteHeader(w.status)
}

// Write implements http.ResponseWriter.
func (w *writer) Write(b []byte) (int, error) {
	if w.state == unsent {
		w.WriteHeader(http.StatusOK)
	}
	switch w.state {
	case held:
		w.held = append(w.held, b...)
		if len(w.held) < w.shared.minSize {
			return len(b), nil
		}
		return len(b), w.release()
	case coded:
		return w.encode(b)
	}
	return w.ResponseWriter.Write(b)
}

// release sends the held body, compressed if its media type allows.
func (w *writer) release() error {
	h := w.ResponseWriter.Header()
	if h.Get("Content-Type") == "" {
		if len(w.held) == 0 {
			w.sendPlain()
			return nil
		}
		found := http.DetectContentType(w.held)
		if _, unwanted := h["Content-Type"]; !unwanted { // nil says that there shall be none
			h.Set("Content-Type", found)
		}
		if !shrinks(found) {
			w.sendPlain()
			return nil
		}
	}
	w.sendCoded()
	if len(w.held) == 0 {
		return nil
	}
	_, err := w.encode(w.held)
	w.held = w.held[:0]
	return err
}

func (w *writer) encode(b []byte) (int, error) {
	if w.request.Method == http.MethodHead {
		return len(b), nil
	}
	if w.encoder == nil {
		w.encoder = w.shared.encoder(w.coding, w.ResponseWriter)
	}
	return w.encoder.Write(b)
}

// FlushError sends what was written so far, for http.ResponseController. A flushed body
// counts as a stream, so MinSize does not apply.
func (w *writer) FlushError() error {
	if w.state == unsent {
		w.WriteHeader(http.StatusOK)
	}
	if w.state == held {
		if err := w.release(); err != nil {
			return err
		}
	}
	if w.encoder != nil {
		if err := w.encoder.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush implements http.Flusher.
func (w *writer) Flush() { _ = w.FlushError() }

// Hijack implements http.Hijacker.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// ReadFrom implements io.ReaderFrom, so that uncompressed files are sent without a copy.
func (w *writer) ReadFrom(from io.Reader) (int64, error) {
	if to, can := w.ResponseWriter.(io.ReaderFrom); can && w.state == plain {
		return to.ReadFrom(from)
	}
	return io.Copy(struct{ io.Writer }{w}, from)
}

// finish ends the answer when the handler has returned.
func (w *writer) finish() {
	switch w.state {
	case unsent: // nothing was written, or the connection was taken over
		h := w.ResponseWriter.Header()
		vary(h)
		if w.request.Method == http.MethodHead && len(h["Content-Length"]) > 0 {
			w.WriteHeader(http.StatusOK)
		}
	case held:
		w.sendPlain()
	case coded:
		if w.encoder == nil && w.request.Method != http.MethodHead {
			w.encoder = w.shared.encoder(w.coding, w.ResponseWriter) // an empty body has a coded form too
		}
	}
	if e := w.encoder; e != nil && e.Close() == nil {
		w.shared.freeEncoder(w.coding, e)
	}
	w.encoder, w.state = nil, plain // what is written too late is up to net/http
}
