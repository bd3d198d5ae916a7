package answer_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/answer"
)

// place is one that a request has.
type place struct{ away int }

func (p *place) Pause() bool {
	p.away++
	return true
}

func (p *place) Resume() { p.away-- }

// below is a client, which notes for how many of its calls the place was away.
type below struct {
	*httptest.ResponseRecorder
	place           *place
	calls, withAway int
	files           int // that came as such
	broken          bool
}

func (b *below) note() {
	b.calls++
	b.withAway += b.place.away
	if b.broken {
		panic(http.ErrAbortHandler)
	}
}

func (b *below) Write(p []byte) (int, error) {
	b.note()
	return b.ResponseRecorder.Write(p)
}

func (b *below) WriteString(s string) (int, error) {
	b.note()
	return b.ResponseRecorder.WriteString(s)
}

func (b *below) ReadFrom(source io.Reader) (int64, error) {
	b.note()
	b.files++
	return io.Copy(b.ResponseRecorder, source)
}

func (b *below) FlushError() error {
	b.note()
	return nil
}

// working is a source that has work to do.
type working struct {
	io.Reader
	t     *testing.T
	place *place
}

func (w working) Read(p []byte) (int, error) {
	if w.place.away != 0 {
		w.t.Error("it works without a place")
	}
	return w.Reader.Read(p)
}

// TestLend: others have the place while the client may have to read, and only then.
func TestLend(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 10_000)
	name := filepath.Join(t.TempDir(), "long")
	if err := os.WriteFile(name, []byte(long), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // only read
	p := new(place)
	for _, tt := range []struct {
		name        string
		send        func(w http.ResponseWriter)
		calls, away int
	}{
		{"little", func(w http.ResponseWriter) { _, _ = io.WriteString(w, long[:2048]) }, 1, 0},
		{"more", func(w http.ResponseWriter) { _, _ = io.WriteString(w, long[:2049]) }, 1, 1},
		{"bytes", func(w http.ResponseWriter) { _, _ = w.Write([]byte(long)) }, 1, 1},
		{"little by little", func(w http.ResponseWriter) {
			for range 5 {
				_, _ = w.Write([]byte(long[:1000]))
			}
		}, 5, 3},
		{"flushed", func(w http.ResponseWriter) {
			_, _ = w.Write([]byte("x"))
			_ = http.NewResponseController(w).Flush()
		}, 2, 1},
		{"a source", func(w http.ResponseWriter) { _, _ = io.Copy(w, working{strings.NewReader(long), t, p}) }, 1, 1},
		{"a file", func(w http.ResponseWriter) { _, _ = io.Copy(w, file) }, 1, 1},
		{"a part of a file", func(w http.ResponseWriter) {
			_, _ = file.Seek(0, io.SeekStart)
			_, _ = io.CopyN(w, file, 5000)
		}, 1, 1},
	} {
		b := &below{ResponseRecorder: httptest.NewRecorder(), place: p}
		w := answer.Observe(b)
		w.Lend(p)
		tt.send(w)
		if (b.files != 0) != strings.Contains(tt.name, "file") {
			t.Errorf("%s: %d times as a file", tt.name, b.files)
		}
		if b.calls != tt.calls || b.withAway != tt.away || p.away != 0 || w.Bytes() != int64(b.Body.Len()) {
			t.Errorf("%s: %d calls, %d of them without the place; %d away afterwards, %d of %d bytes", tt.name, b.calls, b.withAway, p.away, w.Bytes(), b.Body.Len())
		}
	}
	func() {
		defer func() { _ = recover() }()
		w := answer.Observe(&below{ResponseRecorder: httptest.NewRecorder(), place: p, broken: true})
		w.Lend(p)
		_, _ = w.Write([]byte(long))
	}()
	if p.away != 0 {
		t.Error("a place is away for good where writing panics")
	}
}
